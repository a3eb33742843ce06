// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/row_writer.hpp>
#include <moebius/base/table.hpp>
#include <moebius/diagnose/margin.hpp>
#include <moebius/logs/load_state.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius::cli {

// What `diagnose` says of a layer, by the same names in each format: here alone.

/// Its numbers in a row: steps, measures of its loads, the verdict's place among `verdicts`,
/// counted from 1, and distance_columns; NaN where one is not known.
void put_layer(const layer_state& state, const layer_diagnosis& far, row_writer& row);

/// The columns of K, margins and what they are told by, less the ends of their intervals.
[[nodiscard]] std::vector<std::string> distance_columns();

/// What a layer has in words, a text each; empty where there is nothing to say.
struct layer_text {
    std::string_view column;  ///< of a CSV, and in a step as JSON
    std::string_view list;    ///< in a result: one a layer
    std::string_view title;   ///< of a column for a reader; empty: not shown beside the numbers
    std::string (*of)(const layer_diagnosis&);
};
[[nodiscard]] std::span<const layer_text> layer_texts();

}  // namespace moebius::cli
