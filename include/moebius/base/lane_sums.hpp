// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace moebius {

/// Sums are made in so many lanes, number i in lane i mod 8, whatever the vectors of the processor
/// that runs: they have the same bits on each.
inline constexpr std::size_t sum_lanes = 8;

struct lane_total {
    double sum = 0;
    double largest = 0;  ///< of none and of negative ones: 0
};
[[nodiscard]] lane_total lane_total_of(std::span<const double> values);

/// Adds each to one of `sums`, of as many.
void add_to(std::span<double> sums, std::span<const double> values);

/// Adds `scale` times each to `sums`, and the square of that to `squares`, of as many numbers each.
void add_scaled(std::span<const double> values, double scale, std::span<double> sums,
                std::span<double> squares);

/// Whether all are whole; of numbers >= 0.
[[nodiscard]] bool are_whole(std::span<const double> values);

}  // namespace moebius
