// SPDX-License-Identifier: MIT
// Branches that a diagram lacks: found over its whole window, or by what leaves its branch points.
#pragma once

#include <moebius/base/parallel.hpp>

#include "tally.hpp"
#include "whole_space.hpp"

namespace moebius {

/// Equilibria at any value of the parameter, by least Newton steps in states and parameter from
/// random starts, each with each cell by itself: those lie on branches that are stable or, where no
/// cells are alike, on any. Closed branches that no fixed value meets are found so.
void judge_missing_branches(const claim& of, const whole_space& in, const audit_options& options,
                            tally& to, const watch& watched);

}  // namespace moebius
