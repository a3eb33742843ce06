// SPDX-License-Identifier: MIT
#include "whole_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/partition.hpp>
#include <moebius/model/cell_field.hpp>
#include <utility>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

whole_space::whole_space(const claim& of, std::vector<double> units)
    : apart_(of.at), ranges_(of.ranges), units_(std::move(units)) {
    for (const auto& range : of.ranges) varied_.push_back(apart_.index_of(range.name));
    const cell_field* cells = apart_.model->cells();
    if (!cells) return;
    cells_ = cells->groups().members();
    if (cells->groups().size() != cells_)
        throw invalid_argument("audit", fmt::format("{} groups came", cells->groups().size()),
                               "each cell must be by itself");
    alike_ = coarsest_groups(apart_, varied_);
}

std::size_t whole_space::states_on(const grouping& groups) const {
    return groups.size() == 0 || cells_ == 0 ? states() : states() / cells_ * groups.size();
}

std::string whole_space::misfit(const branch& of) const {
    if (of.groups.size() > 0 && (cells_ == 0 || !is_partition(of.groups, cells_)))
        return fmt::format("its groups are not those of {} cells", cells_);
    const auto& columns = of.columns;
    if (columns.rows() == 0 || columns.names.size() < varied_.size() + states_on(of.groups))
        return fmt::format("it has {} columns, fewer than its states", columns.names.size());
    for (std::size_t i = 0; i < ranges_.size(); ++i)
        if (columns.names[i] != ranges_[i].name)
            return fmt::format("column {} is {}, and {} varies", i + 1, columns.names[i],
                               ranges_[i].name);
    return {};
}

problem whole_space::at(std::span<const double> values) const {
    problem here = apart_;
    for (std::size_t i = 0; i < varied_.size(); ++i) here.parameters[varied_[i]] = values[i];
    return here;
}

VectorXd whole_space::expanded(const grouping& groups, std::span<const double> x) const {
    if (groups.size() == 0 || cells_ == 0)
        return VectorXd::Map(x.data(), static_cast<Index>(x.size()));
    const auto owner = group_of_members(groups);
    VectorXd out(static_cast<Index>(states()));
    for (std::size_t i = 0; i < states(); ++i)
        out[static_cast<Index>(i)] = x[i / cells_ * groups.size() + owner[i % cells_]];
    return out;
}

VectorXd whole_space::on_groups(const grouping& groups, const VectorXd& whole) const {
    if (groups.size() == 0 || cells_ == 0) return whole;
    VectorXd out(static_cast<Index>(states_on(groups)));
    for (std::size_t i = 0; i < static_cast<std::size_t>(out.size()); ++i)
        out[static_cast<Index>(i)] = whole[static_cast<Index>(
            i / groups.size() * cells_ + groups.groups[i % groups.size()].front())];
    return out;
}

std::vector<double> whole_space::state(const branch& of, std::size_t row) const {
    std::vector<double> x(states_on(of.groups));
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = of.columns.columns.at(varied_.size() + i).at(row);
    return x;
}

whole_point whole_space::row(const branch& of, std::size_t row) const {
    std::vector<double> values;
    for (std::size_t i = 0; i < varied_.size(); ++i)
        values.push_back(of.columns.columns.at(i).at(row));
    return {at(values), expanded(of.groups, state(of, row))};
}

whole_point whole_space::point(const special_point& of) const {
    problem here = apart_;
    if (of.groups.size() > 0 && (cells_ == 0 || !is_partition(of.groups, cells_)))
        throw invalid_argument(of.label, "its groups are others",
                               fmt::format("there are {} cells", cells_));
    if (of.parameter_names.size() != of.parameters.size())
        throw invalid_argument(of.label, "names are missing", "each parameter has one");
    if (of.state.size() != states_on(of.groups))
        throw invalid_argument(of.label, fmt::format("it has {} states", of.state.size()),
                               fmt::format("its groups have {}", states_on(of.groups)));
    if (cells_ > 0 && of.groups.size() > 0) here = regrouped(apart_, of.groups);
    for (std::size_t i = 0; i < of.parameters.size(); ++i)
        here.set(of.parameter_names.at(i), of.parameters[i]);
    if (cells_ > 0) here = regrouped(here, singletons(cells_));
    return {here, expanded(of.groups, of.state)};
}

std::string whole_space::text_of(const VectorXd& x) const {
    std::string out = "(";
    for (Index i = 0; i < std::min<Index>(x.size(), 4); ++i)
        out += fmt::format("{}{:.6g}", i > 0 ? ", " : "",
                           units_.empty() ? x[i] : x[i] * units_[static_cast<std::size_t>(i)]);
    return out + (x.size() > 4 ? ", ...)" : ")");
}

bool whole_space::may_rename() const {
    return std::any_of(alike_.groups.begin(), alike_.groups.end(),
                       [](const auto& group) { return group.size() > 1; });
}

VectorXd whole_space::sorted(const VectorXd& whole) const {
    VectorXd out = whole;
    const Index n = static_cast<Index>(cells_);
    for (const auto& group : alike_.groups) {
        if (group.size() < 2) continue;
        auto order = group;
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return whole[static_cast<Index>(a)] > whole[static_cast<Index>(b)];
        });
        for (std::size_t k = 0; k < group.size(); ++k)
            for (Index kind = 0; n > 0 && kind < whole.size() / n; ++kind)
                out[kind * n + static_cast<Index>(group[k])] =
                    whole[kind * n + static_cast<Index>(order[k])];
    }
    return out;
}

}  // namespace moebius
