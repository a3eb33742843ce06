// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/diagnose/margin.hpp>

namespace moebius {

/// Without a controller.
[[nodiscard]] loop_thresholds thresholds_of(std::size_t experts, double top_k);

/// With the controller that the log names.
/// @param tokens  of a step
[[nodiscard]] loop_thresholds controlled(loop_thresholds alone, const log_head& head,
                                         double tokens);

/// K of a loop of gain K/balance that is known with an error.
[[nodiscard]] margin feedback_of(const loop_thresholds& at, const measured_slope& gain);

/// Margins, verdict, reason and knob of a loop of gain K/balance that is known with an error.
/// @param by        what measured it
/// @param restored  the margin that the knob is told for
void judge_gain(const loop_thresholds& at, const measured_slope& gain, std::string_view by,
                const log_head& head, double restored, layer_diagnosis& out);

/// Why no knob is told for a layer in danger whose K is not known.
/// @param why  the log does not tell K; empty: it has nothing that would
[[nodiscard]] std::string no_knob(const log_head& head, double restored, const std::string& why);

}  // namespace moebius
