// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/table.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// What a load log may have beside counts and scores, as float64, in the order of the counts.
struct log_probes {
    std::vector<double> dither;   ///< (steps, runs, experts), or none
    std::vector<double> moments;  ///< (steps, runs, experts, experts) sum over tokens of p p^T
    std::vector<double> feedback = {};  ///< (steps), where it moves
};

/// A load log as `moebius diagnose` and numpy.load read it: an NPZ archive with counts (steps,
/// runs, experts) int32, choices that an expert got in the step; scores, of the same shape,
/// float64, by which the step was routed, of the rule and of the controller; and config, JSON text
/// of what is true of the runs, as loop_config has it; feedback (steps) where it moves. A run
/// stands where a log of training has a layer.
///
/// @param records  one row a run and step, run by run, every step: `run_column`, step, load_1 ...,
///                 score_1 ... after the step, control_1 ... where there is a controller. The first
///                 step of a run is left out, as its scores are not in the table
/// @param choices  of a step, the sum of its counts
/// @param probes   of the steps that are written
/// @throws invalid_argument  for runs of unlike lengths, probes of another size, less than two
///                           steps, or more than 4 GB
[[nodiscard]] std::string load_log_npz(const table& records, std::string_view run_column,
                                       std::size_t choices, std::string_view config,
                                       const log_probes& probes = {});

/// The config of a loop: rate, feedback, decay, beta, tokens and top_k, the balancer and its rate,
/// and K = feedback beta/decay, which `diagnose` is to find.
[[nodiscard]] std::string loop_config(const feedback_rule& rule, std::size_t tokens,
                                      std::size_t top_k = 1);

}  // namespace moebius
