// SPDX-License-Identifier: MIT
// How fine the mesh of a followed cycle must be, and what tells cycles apart whatever their mesh.
#pragma once

#include <moebius/continuation/cycle_equations.hpp>

namespace moebius::detail {

inline constexpr Eigen::Index fewest_intervals = 12, most_intervals = 400;
inline constexpr std::size_t rebase_every = 10;  ///< steps along a branch

/// Of one part of a cycle that goes on by a rotation, for which a period has as many.
[[nodiscard]] Eigen::Index fewest_intervals_of(const twist& beyond);

/// How fast modes are treated for that. Where they are damped slopes are no better than those of
/// the polynomial, which tells the extremes then: tolerances below 1e-5 need finer meshes there.
[[nodiscard]] cycle_equations::fast_modes fast_modes_for(double tolerance, Eigen::Index degree);

/// Intervals on which errors are about `tolerance` in a cycle's period, at its mesh points and in
/// its extremes, of one part of a cycle.
/// @param scale  of the states
[[nodiscard]] Eigen::Index intervals_for(const piecewise& values, double scale, double tolerance);
/// Whether an interval's error is so large that the next step needs another mesh.
[[nodiscard]] bool too_coarse(const piecewise& values, double scale, double tolerance);

/// How far a cycle swings, with a sign: negative where it is more like the mirror image of `like`,
/// as beyond a Hopf point.
[[nodiscard]] double swing(const piecewise& values, const piecewise& like);

}  // namespace moebius::detail
