// SPDX-License-Identifier: MIT
#include "start_groups.hpp"

#include <algorithm>
#include <moebius/model/cell_field.hpp>
#include <utility>
#include <vector>

namespace moebius::cli {
namespace {

grouping without(grouping groups, std::size_t member) {
    for (auto& group : groups.groups)
        if (group.size() > 1 && std::erase(group, member) > 0) {
            groups.groups.push_back({member});
            break;
        }
    std::sort(groups.groups.begin(), groups.groups.end());
    return groups;
}

/// The values at each time of a cycle, on other groups.
void regroup(orbit& cycle, const cell_field& from, const cell_field& to) {
    const std::size_t n = from.dimension();
    std::vector<double> states;
    for (std::size_t i = 0; i < cycle.states.size(); i += n) {
        const auto x = regrouped_state(from, to, std::span(cycle.states).subspan(i, n));
        states.insert(states.end(), x.begin(), x.end());
    }
    cycle.states = std::move(states);
}

}  // namespace

void leave_groups(std::span<const std::string> varied, problem& at, special_point& start) {
    const cell_field* cells = at.model->cells();
    if (!cells || cells->groups().size() == cells->groups().members()) return;
    const std::size_t members = cells->groups().members(), shared = cells->shared_parameters();
    const problem alone = regrouped(at, singletons(members));
    grouping groups = cells->groups();
    for (const auto& name : varied)
        if (const std::size_t k = alone.index_of(name); k >= shared)
            groups = without(std::move(groups), (k - shared) % members);
    if (groups == cells->groups()) return;
    problem finer = regrouped(at, groups);
    start.state = regrouped_state(*cells, *finer.model->cells(), start.state);
    if (start.cycle) regroup(*start.cycle, *cells, *finer.model->cells());
    start.groups = groups;
    start.parameters = finer.parameters;
    start.parameter_names = parameter_names(*finer.model);
    at = std::move(finer);
}

}  // namespace moebius::cli
