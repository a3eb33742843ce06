// SPDX-License-Identifier: MIT
// Which points of collocation suit each interval of a cycle.
#pragma once

#include <moebius/continuation/collocation.hpp>
#include <moebius/model/field.hpp>
#include <span>
#include <vector>

namespace moebius::detail {

/// Radau's points where some modes of f_x decay faster than an interval resolves and the others are
/// resolved, their mirror image where some grow so, and Gauss's elsewhere: also where f is not
/// finite, or modes turn or grow unresolved beside others that decay.
/// @param time  that the part takes
/// @param fast  time constants in an interval from which on a mode is not resolved
/// @return      empty if Gauss's points suit all intervals
/// @cost        the eigenvalues of f_x at three points of the intervals in which it is large
[[nodiscard]] std::vector<node_rule> node_rules(const problem& at, const piecewise& part,
                                                double time, double fast);

/// What the modes of all intervals say of multipliers.
struct modes_told {
    /// No mode decays where points raise, or grows where they damp, or does either unresolved where
    /// they are Gauss's, which make exp(z) near 1; or one mode alone does, whose multiplier is held
    /// against Liouville's formula.
    bool suited = true;
    /// Some decay and some grow by more than a few time constants in an interval, be it another
    /// one: a multiplier may be what is left of two large numbers.
    bool turning = false;
};
/// @param growths       integrals of f_x over the intervals. Shape (n, n) each
/// @param rules         of the intervals; none: Gauss's
/// @param with_turning  whether that is to be told, too
/// @cost  the eigenvalues of those whose powers are large
[[nodiscard]] modes_told modes_over(std::span<const Eigen::MatrixXd> growths,
                                    std::span<const node_rule> rules, bool with_turning);

}  // namespace moebius::detail
