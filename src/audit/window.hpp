// SPDX-License-Identifier: MIT
// Curves that a locus lacks: stable states that end inside its window where no curve is.
#pragma once

#include <moebius/base/parallel.hpp>

#include "tally.hpp"
#include "whole_space.hpp"

namespace moebius {

/// How many parts judge_window counts off.
[[nodiscard]] std::size_t window_parts(const audit_options& options);

/// Searches stable states by brute force at places evenly over the window, and follows each from
/// place to place: where one ends, or attracts no more, a curve of the claim must pass.
void judge_window(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                  progress& done, const watch& watched);

}  // namespace moebius
