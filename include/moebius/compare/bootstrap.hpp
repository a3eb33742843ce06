// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moebius {

/// How seeds are drawn with replacement, and which percentiles of what comes of them are told.
struct bootstrap_options {
    std::size_t draws = 1000;  ///< >= 100
    double level = 0.95;       ///< of intervals, in (0, 1)
    std::uint64_t seed = 1;
};

/// A value and its interval over seeds: the percentiles of draws.
struct drawn_interval {
    double value = 0, low = 0, high = 0;
};

/// One seed tells no interval: 0.
[[nodiscard]] std::size_t draws_of(std::size_t seeds, const bootstrap_options& how);

/// (seeds) Which of them a draw takes.
[[nodiscard]] std::vector<std::size_t> drawn_seeds(std::size_t seeds, std::size_t draw,
                                                   std::uint64_t seed);

/// Both ends are NaN if a draw is, or there is none.
[[nodiscard]] drawn_interval interval_of_draws(double value, std::vector<double> draws,
                                               double level);

/// Of the mean. NaN are left out of the values.
[[nodiscard]] drawn_interval bootstrap_mean(const std::vector<double>& values,
                                            const bootstrap_options& how);

}  // namespace moebius
