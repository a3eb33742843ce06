// SPDX-License-Identifier: MIT
#include "class_of_groups.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace moebius {

grouped_state standard_form(const problem& first, const grouping& groups, std::span<const double> x,
                            std::vector<std::size_t>* order) {
    const auto& known = first.model->cells()->groups();
    const auto owner = group_of_members(known);
    const std::size_t count = groups.size();
    std::vector<std::size_t> place(count);
    std::iota(place.begin(), place.end(), std::size_t{0});
    const auto key = [&](std::size_t g) {
        return std::tuple(owner[groups.groups[g].front()], groups.groups[g].size(), -x[g]);
    };
    std::stable_sort(place.begin(), place.end(),
                     [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    grouping made;
    std::vector<std::size_t> taken(known.size());
    for (const std::size_t g : place) {
        const std::size_t from = owner[groups.groups[g].front()];
        const auto begin = known.groups[from].begin() + static_cast<std::ptrdiff_t>(taken[from]);
        const std::size_t size = groups.groups[g].size();
        made.groups.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
        taken[from] += size;
    }
    grouped_state result{regrouped(first, made), {}};
    for (std::size_t kind = 0; kind < x.size() / count; ++kind)
        for (const std::size_t g : place) result.x.push_back(x[kind * count + g]);
    if (order) *order = std::move(place);
    return result;
}

std::vector<group_pair> joinable(const grouping& first, const grouping& groups) {
    const auto owner = group_of_members(first);
    std::vector<group_pair> result;
    for (std::size_t j = 0; j < groups.size(); ++j)
        for (std::size_t i = 0; i < j; ++i)
            if (owner[groups.groups[i].front()] == owner[groups.groups[j].front()])
                result.push_back({i, j});
    return result;
}

grouping groups_of_equals(const grouping& first, std::span<const double> x, std::size_t cell_states,
                          double within) {
    const auto owner = group_of_members(first);
    const std::size_t cells = x.size() / cell_states;
    grouping result;
    for (std::size_t e = 0; e < cells; ++e) {
        const auto alike = [&](const std::vector<std::size_t>& group) {
            if (owner[group.front()] != owner[e]) return false;
            for (std::size_t kind = 0; kind < cell_states; ++kind)
                if (std::abs(x[kind * cells + group.front()] - x[kind * cells + e]) > within)
                    return false;
            return true;
        };
        const auto known = std::find_if(result.groups.begin(), result.groups.end(), alike);
        if (known == result.groups.end())
            result.groups.push_back({e});
        else
            known->push_back(e);
    }
    return result;
}

grouped_state joined(const problem& first, const problem& on, std::span<const double> x,
                     const group_pair& pair) {
    const cell_field& cells = *on.model->cells();
    grouping groups = cells.groups();
    const std::size_t count = groups.size();
    auto& into = groups.groups[pair.i];
    into.insert(into.end(), groups.groups[pair.j].begin(), groups.groups[pair.j].end());
    std::sort(into.begin(), into.end());
    groups.groups.erase(groups.groups.begin() + static_cast<std::ptrdiff_t>(pair.j));
    std::vector<double> rest;
    for (std::size_t k = 0; k < x.size(); ++k)
        if (k % count != pair.j) rest.push_back(x[k]);
    return standard_form(first, groups, rest);
}

}  // namespace moebius
