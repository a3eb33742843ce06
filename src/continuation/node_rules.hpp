// SPDX-License-Identifier: MIT
// Which points of collocation suit each interval of a cycle.
#pragma once

#include <moebius/continuation/collocation.hpp>
#include <moebius/model/field.hpp>
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

}  // namespace moebius::detail
