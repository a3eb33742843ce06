// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

namespace moebius {

/// What stands where there is no number: it is empty in a table and null in JSON.
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The distance from 1 to the next number, 2^-52.
inline constexpr double machine_epsilon = std::numeric_limits<double>::epsilon();

inline constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace moebius
