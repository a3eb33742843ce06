// SPDX-License-Identifier: MIT
// How fine the mesh of a followed cycle must be, and what tells cycles apart whatever their mesh.
#pragma once

#include <moebius/continuation/cycle_equations.hpp>

namespace moebius::detail {

inline constexpr Eigen::Index fewest_intervals = 16, most_intervals = 400;
inline constexpr std::size_t rebase_every = 5;  ///< steps along a branch

/// Intervals on which every error is about what a branch of cycles may have.
[[nodiscard]] Eigen::Index intervals_for(const piecewise& values, double scale);
/// Whether an interval's error is so large that the next step needs another mesh.
[[nodiscard]] bool too_coarse(const piecewise& values, double scale);

/// How far a cycle swings, with a sign: negative where it is more like the mirror image of `like`,
/// as beyond a Hopf point.
[[nodiscard]] double swing(const piecewise& values, const piecewise& like);

/// The extremes of a cycle's loads or states, its period in units of `period` and its free
/// parameters, scaled: alike for two cycles that are one.
[[nodiscard]] Eigen::VectorXd cycle_mark(const cycle_equations& curve, const Eigen::VectorXd& u,
                                         double period);

}  // namespace moebius::detail
