// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/option_table.hpp>
#include <moebius/train/statistics.hpp>
#include <string>
#include <vector>

#include "experiment_arguments.hpp"
#include "output.hpp"

namespace moebius::cli {

/// The option --log: a file, or empty for none.
void add_log(std::string& file, option_table& to);

/// A load log holds every step of one layer, of models that differ in their seeds alone.
/// @param also  gets the file, if there is one
/// @throws invalid_argument for other experiments
void check_log(const std::string& file, const experiment_arguments& of, bool against_another,
               std::vector<written_file>& also);

/// Of a ramp the config has the feedback at its end. Without a file nothing is written.
void write_log(const std::string& file, const training_report& report);

}  // namespace moebius::cli
