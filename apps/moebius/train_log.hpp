// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/option_table.hpp>
#include <moebius/train/statistics.hpp>
#include <string>
#include <vector>

#include "experiment_arguments.hpp"
#include "output.hpp"

namespace moebius::cli {

/// A load log of what is trained.
struct log_arguments {
    std::string file;  ///< empty: none
    score_probe probe;
};

/// The options --log, --moments and --dither.
void add_log(log_arguments& log, option_table& to);

/// A load log holds every step of one layer, of models that differ in their seeds alone.
/// @param also  gets the file, if there is one
/// @throws invalid_argument for other experiments, and for probes without a log
void check_log(const log_arguments& log, const experiment_arguments& of, bool against_another,
               const session& session, std::vector<written_file>& also);

/// Of a ramp the config has the feedback at its end. Without a file nothing is written.
void write_log(const log_arguments& log, const training_report& report);

}  // namespace moebius::cli
