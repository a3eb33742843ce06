// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/diagnose/margin.hpp>

namespace moebius {

/// The feedbacks K at which something changes for a router of equal loads that softmax or exact-k
/// describes, with the controller that the log names.
/// @source docs/theory.md sections 3, 5 and 7
struct loop_thresholds {
    double fold;      ///< K_s(N, k): a collapsed state exists from here
    double balance;   ///< equal loads are lost by themselves: N(N - 1)/(N - k)
    double gain = 0;  ///< gamma of the controller, of small deviations, times beta/decay
    bool sign = false;
    [[nodiscard]] double onset() const { return balance + gain; }
};

/// @param tokens  of a step
[[nodiscard]] loop_thresholds thresholds_of(const log_head& head, double top_k, double tokens);

/// Margins, verdict, reason and knob of a loop of gain K/balance that is known with an error.
/// @param by  what measured it
void judge_gain(const loop_thresholds& at, const measured_slope& gain, std::string_view by,
                const log_head& head, layer_diagnosis& out);

}  // namespace moebius
