// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/base/partition.hpp>
#include <moebius/base/text.hpp>
#include <moebius/model/cell_field.hpp>

namespace moebius {
namespace {

/// For each group of `to` the group of `from` that its first member is in.
std::vector<std::size_t> origins(const cell_field& from, const cell_field& to) {
    const auto owner = group_of_members(from.groups());
    std::vector<std::size_t> result;
    for (const auto& group : to.groups().groups) result.push_back(owner[group.front()]);
    return result;
}

/// Values by kind and group, on the groups of `to`.
void regroup(std::span<const double> values, std::size_t old_groups,
             std::span<const std::size_t> origin, std::vector<double>& result) {
    for (std::size_t kind = 0; kind < values.size() / old_groups; ++kind)
        for (const std::size_t g : origin) result.push_back(values[kind * old_groups + g]);
}

}  // namespace

problem regrouped(const problem& at, const grouping& groups) {
    const cell_field* from = at.model->cells();
    if (from && !is_partition(groups, from->groups().members()))
        throw invalid_argument(
            at.model->name(), fmt::format("groups {} came", excerpt(to_string(groups))),
            fmt::format("each of its {} cells must be in one", from->groups().members()));
    const auto to = from ? from->regrouped(groups) : nullptr;
    if (!to)
        throw invalid_argument(at.model->name(), "groups of cells came",
                               "its cells are not interchangeable");
    const std::size_t shared = from->shared_parameters();
    problem result{
        to, {at.parameters.begin(), at.parameters.begin() + static_cast<std::ptrdiff_t>(shared)}};
    regroup(std::span(at.parameters).subspan(shared), from->groups().size(), origins(*from, *to),
            result.parameters);
    return result;
}

std::vector<double> regrouped_state(const cell_field& from, const cell_field& to,
                                    std::span<const double> x) {
    std::vector<double> result;
    regroup(x, from.groups().size(), origins(from, to), result);
    return result;
}

grouping coarsest_groups(const problem& at, std::span<const std::size_t> apart) {
    const cell_field& cells = *at.model->cells();
    const std::size_t groups = cells.groups().size(), shared = cells.shared_parameters();
    std::map<std::vector<double>, std::size_t> place;  // of the cells with these parameters
    grouping result;
    for (std::size_t g = 0; g < groups; ++g) {
        std::vector<double> own;
        bool alone = false;
        for (std::size_t k = shared + g; k < at.parameters.size(); k += groups) {
            own.push_back(at.parameters[k]);
            alone = alone || std::find(apart.begin(), apart.end(), k) != apart.end();
        }
        const auto& members = cells.groups().groups[g];
        const auto known = alone ? place.end() : place.find(own);
        if (known == place.end()) {
            if (!alone) place.emplace(own, result.size());
            result.groups.push_back(members);
        } else {
            auto& joined = result.groups[known->second];
            joined.insert(joined.end(), members.begin(), members.end());
            std::sort(joined.begin(), joined.end());
        }
    }
    return result;
}

}  // namespace moebius
