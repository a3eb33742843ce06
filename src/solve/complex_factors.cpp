// SPDX-License-Identifier: MIT
#include "factors.hpp"

namespace moebius {

template class partial_lu<std::complex<double>>;
template class full_lu<std::complex<double>>;

}  // namespace moebius
