// SPDX-License-Identifier: MIT
#include "factors.hpp"

namespace moebius {

template class partial_lu<double>;
template class full_lu<double>;

}  // namespace moebius
