// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/result.hpp>
#include <moebius/train/statistics.hpp>
#include <span>
#include <string>

namespace moebius::cli {

/// Says how many batches each model had, in a column more.
void add_batches(std::span<const training_state> states, table& models);

/// All tables of a report.
/// @param history  with all records of all models
[[nodiscard]] result_document train_document(const training_report& report, bool history,
                                             result_heading heading);

/// For a reader: what matters of the points.
[[nodiscard]] std::string train_text(const training_report& report);

}  // namespace moebius::cli
