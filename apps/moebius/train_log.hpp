// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/load_log_file.hpp>
#include <moebius/io/option_table.hpp>
#include <moebius/router/choice.hpp>
#include <moebius/train/statistics.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "experiment_arguments.hpp"
#include "output.hpp"

namespace moebius::cli {

/// A load log of what is trained or simulated.
struct log_arguments {
    std::string file;  ///< empty: none
    score_probe probe;
};

/// The options --log, --moments and --dither.
/// @param of  the steps or runs that are logged, as the help of --log says it
void add_log(log_arguments& log, std::string_view of, option_table& to);

/// Whether there is a log, for which each step is to be recorded.
/// @throws invalid_argument  for probes without one, endings of no format, and moments for a format
///                           that has no place for them
bool has_log(const log_arguments& log, std::uint64_t record_every, const session& session);

/// How many experts each token of a router chooses: the top_k of its log; 1 where none was chosen.
/// @throws invalid_argument  for routers whose tokens choose different numbers of them, or shares
[[nodiscard]] std::size_t logged_top_k(const router_choice& router);

/// A load log holds every step of one layer, of models that differ in their seeds alone.
/// @param also  gets the file, if there is one
/// @throws invalid_argument for other experiments, and for probes without a log
void check_log(const log_arguments& log, const experiment_arguments& of, bool against_another,
               const session& session, std::vector<written_file>& also);

/// As load_log, in the format of the file's ending.
/// @param choices  of a step: tokens times top_k
void write_log(const log_arguments& log, const table& records, std::string_view run_column,
               std::size_t choices, std::string_view config, const log_probes& probes);

/// Of a ramp the config has the feedback at its end. Without a file nothing is written.
void write_log(const log_arguments& log, const training_report& report);

}  // namespace moebius::cli
