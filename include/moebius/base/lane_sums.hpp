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

void add_to(std::span<double> sums, std::span<const float> values);

/// Each in the place of `to`, of as many numbers, rounded.
void round_to(std::span<const double> values, std::span<float> to);

/// Adds `scale` times each to `sums`, and the square of that to `squares`, of as many numbers each.
void add_scaled(std::span<const double> values, double scale, std::span<double> sums,
                std::span<double> squares);

/// `scale` times each, in the place of `to`, of as many numbers.
void scale_to(std::span<const double> values, double scale, std::span<double> to);

/// Adds each to one of `sums`, puts it in the place of one of `last`, and gives the sum of squares
/// of how these change.
double add_change(std::span<const double> values, std::span<double> last, std::span<double> sums);

/// Products with each of `to.size()` columns of as many numbers, one behind the other; a multiple
/// of 4 of them.
void products_with(std::span<const double> columns, std::span<const double> values,
                   std::span<double> to);

/// Whether all are whole; of numbers >= 0.
[[nodiscard]] bool are_whole(std::span<const double> values);

/// Whether all are from `least` to `most`; NaN is not.
[[nodiscard]] bool are_within(std::span<const double> values, double least, double most);

}  // namespace moebius
