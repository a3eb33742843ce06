// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/result.hpp>
#include <moebius/logs/load_state.hpp>
#include <string>
#include <vector>

#include "diagnose_distance.hpp"

namespace moebius::cli {

/// What was found in one log.
struct diagnosis {
    std::string name;  ///< of the log among several; else empty
    log_head head;
    std::vector<layer_state> states;         ///< one a layer
    std::vector<layer_diagnosis> distances;  ///< one a layer
    table history;                           ///< load_course::rows
    table margins;                           ///< distance_estimate::margins
    std::vector<std::string> notes;          ///< how the log was read
    std::vector<std::string> findings;       ///< what its numbers may hide
};

/// The layers of all logs.
[[nodiscard]] std::vector<layer_diagnosis> all_layers(const std::vector<diagnosis>& logs);

[[nodiscard]] result_document document_of(const std::vector<diagnosis>& logs,
                                          result_heading heading);

/// What is to be known of whole logs beside their numbers, a line each: how they were read, and
/// what their numbers may hide.
[[nodiscard]] std::vector<std::string> remarks_on(const std::vector<diagnosis>& logs);

/// For a reader: a table a log, definitions once, and what was found.
[[nodiscard]] std::string summary_of(const std::vector<diagnosis>& logs);

}  // namespace moebius::cli
