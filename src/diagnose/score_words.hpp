// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/diagnose/drifting_level.hpp>
#include <moebius/diagnose/score_rule.hpp>
#include <moebius/logs/load_log.hpp>
#include <optional>
#include <string>
#include <vector>

namespace moebius {

/// Where logged scores are not what the known rules make of the loads beside them, or not what the
/// told settings make: a sentence each.
/// @param settles  whether the told feedback is that of all steps
[[nodiscard]] std::vector<std::string> words_of_scores(const score_rule& scores,
                                                       const log_head& head, bool settles);

/// A rule of feedback that logged scores show: what a step gains per unit of load, and forgets.
struct seen_feedback {
    double gain = 0, forget = 0;
    /// In words, with the options that say the same.
    [[nodiscard]] std::string words() const;
};

/// Where it makes nearly all of the changes, and both numbers are told.
[[nodiscard]] std::optional<seen_feedback> feedback_seen(const score_rule& scores);

/// What the slope of loads on logged scores is: it mixes the router's with the rule's.
/// @param per_load  feedback/decay by what is told; 0: not told
[[nodiscard]] std::string words_of_slope(const measured_slope& slope, double per_load);

}  // namespace moebius
