// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/logs/load_state.hpp>
#include <string>
#include <vector>

#include "diagnose_distance.hpp"

namespace moebius::cli {

/// A step of a log that is followed: the layer that is worst off, the worst verdict, of which layer
/// (the first of several) and why in short, and the first warning where there was one.
/// @param distances  (layers), as states
[[nodiscard]] std::string step_line(const log_head& head, const std::vector<layer_state>& states,
                                    const std::vector<layer_diagnosis>& distances);

/// The same as a line of JSON: step, verdict and the layer that it is of, step and layer of the
/// first warning (null where there was none), and of each layer what a
/// result has of it, under the names of a CSV's columns: numbers, null where one is not known, the
/// verdict as a word, and texts.
[[nodiscard]] std::string step_json(const log_head& head, const std::vector<layer_state>& states,
                                    const std::vector<layer_diagnosis>& distances);

}  // namespace moebius::cli
