// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <moebius/diagnose/block_scales.hpp>

namespace moebius {

/// Half of the most that one of several experts can have of all choices, 1/top_k; where that is an
/// even share, midway between this and the most.
[[nodiscard]] double half_of_most(std::size_t experts, double top_k);

/// How the expert that has most comes nearer to half of what it can have: straight lines through
/// the log-odds ln(s/(1 - s)) of its block means, s their share of the most it can have, over a
/// window and over its later half.
struct rising_expert {
    double share = 0;  ///< of all choices, in the last two blocks
    double t = 0;      ///< the slope of the window over its standard error
    double kept = 0;   ///< the later slope over that of the window: less than 1 where it levels off
    /// Blocks until it has half, by the later slope; infinite where it has, or never will.
    double left = std::numeric_limits<double>::infinity();
};

/// @param course  of its block means, shares of all choices, the oldest first
[[nodiscard]] rising_expert rise_of(const Eigen::Vector<double, block_window::blocks>& course,
                                    std::size_t experts, double top_k);

}  // namespace moebius
