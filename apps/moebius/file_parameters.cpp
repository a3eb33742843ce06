// SPDX-License-Identifier: MIT
#include "file_parameters.hpp"

#include <moebius/base/error.hpp>
#include <moebius/model/cell_field.hpp>
#include <optional>

namespace moebius::cli {
namespace {

/// Where the heading alone tells the parameters: those of a cell are known if all have the same.
void take_parameters(problem& apart, const named_numbers& values) {
    const cell_field* cells = apart.model->cells();
    const std::size_t shared = cells ? cells->shared_parameters() : apart.parameters.size();
    std::optional<double> own;
    for (const auto& [name, value] : values) {
        const std::size_t k = apart.index_of(name);
        if (k >= shared && own && value != *own)
            throw invalid_argument("/special_points",
                                   "none tells which experts have which parameters",
                                   "these differ, and one is needed");
        if (k >= shared) own = value;
        apart.set(name, value);
    }
    for (std::size_t k = shared; own && k < apart.parameters.size(); ++k)
        apart.parameters[k] = *own;
}

}  // namespace

named_numbers parameters_of(const problem& at) {
    named_numbers out;
    const auto known = at.model->parameters();
    for (std::size_t i = 0; i < known.size(); ++i)
        out.emplace_back(known[i].name, at.parameters[i]);
    return out;
}

void take_parameters(problem& apart, const grouping& groups, const named_numbers& values) {
    problem on = apart.model->cells() && groups.size() > 0 ? regrouped(apart, groups) : apart;
    for (const auto& [name, value] : values) on.set(name, value);
    apart = groups.size() > 0 && on.model->cells() ? regrouped(on, singletons(groups.members()))
                                                   : std::move(on);
}

void take_parameters(problem& apart, const diagram_document& document) {
    for (const auto& curve : document.data.branches) try {
            return take_parameters(apart, curve.groups, document.heading.parameters);
        } catch (const invalid_argument&) {
            continue;  // the branch lives on finer groups than the heading speaks of
        }
    take_parameters(apart, document.heading.parameters);
}

}  // namespace moebius::cli
