// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/grouping.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/model/field.hpp>
#include <span>
#include <vector>

namespace moebius {

/// A stable equilibrium, and how many there are that differ by the names of alike cells only.
struct stable_state {
    grouping groups;            ///< on which it lives; empty if the model has no cells
    std::vector<double> state;  ///< on these groups
    double copies = 1;
};

/// The stable equilibria at the parameters of a problem, those that differ by the names of cells in
/// one of its groups once: of a model of experts by the flow from every number of winners and, up
/// to 64 cells, from unequal loads; of others by find_equilibria. So some may be missing, but none
/// that attracts from where one expert holds all the load.
/// @param at  on the groups within which cells count as alike (coarsest_groups)
/// @throws invalid_argument if a parameter is not allowed
[[nodiscard]] std::vector<stable_state> stable_states(const problem& at);

/// stable_states on the coarsest groups.
/// @param axes    positions of varied parameters: a cell that one of them belongs to is of its own
/// @param known   those at parameters nearby, from which the flow is followed in place of unequal
///                loads, which cost the most
/// @param record  if given, is told of the starts and those that led nowhere
[[nodiscard]] std::vector<stable_state> stable_states(const problem& at,
                                                      std::span<const std::size_t> axes,
                                                      const std::vector<stable_state>& known = {},
                                                      search_record* record = nullptr);

}  // namespace moebius
