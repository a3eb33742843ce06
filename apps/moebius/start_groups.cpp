// SPDX-License-Identifier: MIT
#include "start_groups.hpp"

#include <algorithm>
#include <moebius/bifurcation/critical_group.hpp>
#include <moebius/model/cell_field.hpp>
#include <utility>

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
    at = on_groups(at, groups, start);
}

}  // namespace moebius::cli
