// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/diagnose/score_rule.hpp>
#include <moebius/logs/load_log.hpp>
#include <string>
#include <vector>

namespace moebius {

/// Where logged scores are not what the known rules make of the loads beside them, or not what the
/// told settings make: a sentence each.
/// @param settles  whether the told feedback is that of all steps
[[nodiscard]] std::vector<std::string> words_of_scores(const score_rule& scores,
                                                       const log_head& head, bool settles);

}  // namespace moebius
