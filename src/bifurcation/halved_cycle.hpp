// SPDX-License-Identifier: MIT
// The end of a branch of cycles that come from cycles of half their period.
#pragma once

#include <moebius/continuation/cycle_curve.hpp>
#include <optional>

namespace moebius::detail {

/// A cycle that doubles its period, on a curve of its own.
struct doubling_cycle {
    cycle_curve curve;
    curve_point at;  ///< where the curve was last evaluated
    double missed;   ///< |mu + 1| of the multiplier that is -1 there
};

/// The cycle of half the period that doubles where the two halves of a cycle become one.
/// @param near    the doubled cycle there, or close to it; without a rotation
/// @param on      whose problem and range are taken, at `near`'s parameter
/// @param scaled  that parameter
/// @return nothing if Newton's method finds no such cycle, or if it does not double
[[nodiscard]] std::optional<doubling_cycle> doubling_of_half(const cycle_curve& on,
                                                             const parameter_range& range,
                                                             const piecewise& near, double period,
                                                             double scaled,
                                                             const continuation_options& options);

}  // namespace moebius::detail
