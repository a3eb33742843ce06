// SPDX-License-Identifier: MIT
// Stable states at values of the parameter against the branches of a claim.
#pragma once

#include <moebius/base/parallel.hpp>

#include "tally.hpp"
#include "whole_space.hpp"

namespace moebius {

/// Each state that attracts lies on a branch, and each branch that is stable attracts, at values of
/// the parameter away from special points.
void judge_states(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                  progress& done, const watch& watched);

}  // namespace moebius
