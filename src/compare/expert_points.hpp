// SPDX-License-Identifier: MIT
// Steady states of N experts, measured against predicted.
#pragma once

#include <moebius/compare/expert_validation.hpp>
#include <vector>

namespace moebius {

/// The points of one hold: one for each stable state on which some run was.
void add_points(const expert_prediction& predicted, std::size_t sweep, std::size_t hold,
                const std::vector<measured_rest>& runs, const validate_options& options,
                std::vector<expert_point>& to);

}  // namespace moebius
