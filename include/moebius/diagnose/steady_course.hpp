// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <moebius/diagnose/block_scales.hpp>
#include <string>

namespace moebius {

/// From here one expert leads: half of the most that it can have of all choices, 1/top_k, and twice
/// an even share at the least; midway between an even share and the most where that is less.
[[nodiscard]] double least_lead(std::size_t experts, double top_k);

/// That share in words, as what one expert has: "half of what it can have" where it is that.
[[nodiscard]] std::string lead_words(std::size_t experts, double top_k);

/// Below this share of an even one an expert is idle.
inline constexpr double idle_share = 0.1;

/// How a share comes nearer to where a router has collapsed: straight lines through its logarithms
/// or log-odds over a window and over its later half.
struct steady_course {
    double share = 0;  ///< of all choices, in the last two blocks
    double t = 0;      ///< the slope of the window over its standard error, > 0 towards the level
    double kept = 0;   ///< the later slope over that of the window: less than 1 where it levels off
    /// Blocks until it is there, by the later slope; infinite where it is, or never will be.
    double left = std::numeric_limits<double>::infinity();
};

/// Of the expert that has most, to least_lead: ln(s/(1 - s)), s its share of what it can have.
[[nodiscard]] steady_course rise_of(const share_course& course, std::size_t experts, double top_k);

/// Of the half of the experts that has least, all together, to where they are idle: ln s.
/// @param experts  in all
[[nodiscard]] steady_course fall_of(const share_course& course, std::size_t experts);

/// Experts of which half a router is lost: (experts + 1)/2.
[[nodiscard]] constexpr std::size_t half_of(std::size_t experts) { return (experts + 1) / 2; }

}  // namespace moebius
