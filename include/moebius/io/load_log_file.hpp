// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/table.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <string>
#include <string_view>

namespace moebius {

/// A load log as `moebius diagnose` and numpy.load read it: an NPZ archive with counts (steps,
/// runs, experts) int32, choices that an expert got in the step; scores, of the same shape,
/// float64, by which the step was routed, of the rule and of the controller; and config, JSON text
/// of what is true of the runs, as loop_config has it. A run stands where a log of training has a
/// layer.
///
/// @param records  one row a run and step, run by run, every step: `run_column`, step, load_1 ...,
///                 score_1 ... after the step, control_1 ... where there is a controller. The first
///                 step of a run is left out, as its scores are not in the table
/// @param choices  of a step, the sum of its counts
/// @throws invalid_argument  for runs of unlike lengths, less than two steps, or more than 4 GB
[[nodiscard]] std::string load_log_npz(const table& records, std::string_view run_column,
                                       std::size_t choices, std::string_view config);

/// The config of a loop: rate, feedback, decay, beta, tokens and top_k, the balancer and its rate,
/// and K = feedback beta/decay, which `diagnose` is to find.
[[nodiscard]] std::string loop_config(const feedback_rule& rule, std::size_t tokens,
                                      std::size_t top_k = 1);

}  // namespace moebius
