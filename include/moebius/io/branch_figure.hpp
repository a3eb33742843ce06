// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/measured_branch.hpp>
#include <moebius/io/figure.hpp>

namespace moebius {

/// A measured branch as a diagram: the gap over the feedback, stable parts solid, unstable ones
/// dashed, each point with the error of its feedback; folds with theirs.
[[nodiscard]] figure branch_figure(const measured_branch& branch);

}  // namespace moebius
