// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace moebius {

/// Chance that the squares of so many independent normal deviates have a larger sum; 1 for none of
/// them and for a sum that rounding took below 0, 0 for one that is not finite.
[[nodiscard]] double chi_square_p(double sum, std::size_t deviates);

}  // namespace moebius
