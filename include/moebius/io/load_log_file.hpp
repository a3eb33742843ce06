// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/table.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <optional>
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

/// How a load log is written: all that `moebius diagnose` reads a log and its config from.
enum class load_log_format { npz, csv, tsv, jsonl };

/// By the ending of a file's name (.npz, .csv, .tsv, .jsonl); NPZ without one. Empty for others: an
/// NPY file has no place for a config.
[[nodiscard]] std::optional<load_log_format> load_log_format_of(std::string_view file);

/// Whether moments have a place in it: in tables they have none.
[[nodiscard]] bool holds_moments(load_log_format format);

/// A load log as `moebius diagnose` reads it. A run stands where a log of training has a layer;
/// steps are counted from 0. Numbers are written so that they read back to the same bits.
///
/// - NPZ, also for numpy.load: counts (steps, runs, experts) int32, choices that an expert got in
///   the step; scores, of the same shape, float64, by which the step was routed, of the rule and of
///   the controller; dither, moments, feedback as log_probes has them; and config, a JSON text.
/// - CSV, TSV: a line `# {config}`, names, and a row an expert: step, layer, expert, count, score,
///   and dither, feedback where there are any.
/// - JSONL: a record {"config": ...}, and one a step and layer: step, layer, counts, scores, and
///   dither, moments (experts, experts), feedback where there are any.
///
/// @param records  one row a run and step, run by run, every step: `run_column`, step, load_1 ...,
///                 score_1 ... after the step, control_1 ... where there is a controller. The first
///                 step of a run is left out, as its scores are not in the table
/// @param choices  of a step, the sum of its counts
/// @param config   JSON text of what is true of the runs, as loop_config has it
/// @param probes   of the steps that are written
/// @throws invalid_argument  for runs of unlike lengths, probes of another size, less than two
///                           steps, moments in a table, or an archive of more than 4 GB
[[nodiscard]] std::string load_log(load_log_format format, const table& records,
                                   std::string_view run_column, std::size_t choices,
                                   std::string_view config, const log_probes& probes = {});

/// The config of a loop: rate, feedback, decay, beta, tokens and top_k, the balancer and its rate,
/// and K = feedback beta/decay, which `diagnose` is to find.
/// @param gate  softmax, or the noise by which choices are made and no softmax
[[nodiscard]] std::string loop_config(const feedback_rule& rule, std::size_t tokens,
                                      std::size_t top_k = 1, std::string_view gate = "softmax");

}  // namespace moebius
