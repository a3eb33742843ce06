// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace moebius {

/// The mean of independent numbers and where the mean of their law lies.
struct mean_interval {
    std::size_t count = 0;  ///< numbers that are not NaN
    double mean = 0;        ///< NaN for none
    double deviation = 0;   ///< standard deviation (of a sample); NaN for fewer than 2
    double low = 0;         ///< ends of the interval; NaN for fewer than 2
    double high = 0;
};

/// Student's interval for a mean: the law of the numbers is taken as normal. NaN are left out.
/// @param level  its coverage, in (0, 1)
/// @throws invalid_argument  for a level out of range
[[nodiscard]] mean_interval interval_of_mean(std::span<const double> values, double level = 0.95);

}  // namespace moebius
