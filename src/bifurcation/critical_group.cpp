// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/critical_group.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/spectrum.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace moebius {
namespace {

using Eigen::Index;

/// How near the imaginary axis the nearest eigenvalue is; of a map, its multiplier to the circle.
double off_axis(const Eigen::MatrixXd& a, double step) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto& value : eigenvalues(a))
        nearest = std::min(
            nearest, std::abs(step > 0 ? (std::abs(1.0 + step * value) - 1) / step : value.real()));
    return nearest;
}

/// The group of cells whose members part company at a point: eigenvalues within it are nearer to
/// the imaginary axis than those of the groups among themselves.
std::optional<std::size_t> critical_group(const problem& at, const special_point& point,
                                          double step) {
    const cell_field& cells = *at.model->cells();
    const auto& groups = cells.groups().groups;
    const auto has_members = [](const auto& group) { return group.size() > 1; };
    if (std::none_of(groups.begin(), groups.end(), has_members)) return std::nullopt;
    const auto n = static_cast<Index>(point.state.size());
    const auto k = static_cast<Index>(cells.cell_states());
    Eigen::VectorXd f(n);
    Eigen::MatrixXd fx(n, n), fp(n, static_cast<Index>(at.parameters.size())), within(k, k);
    cells.linear(point.state, at.parameters, view(f), view(fx), view(fp));
    double nearest = off_axis(fx, step);
    std::optional<std::size_t> found;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        if (!has_members(groups[g])) continue;
        cells.within(point.state, at.parameters, g, view(within));
        if (const double off = off_axis(within, step); off < nearest) {
            nearest = off;
            found = g;
        }
    }
    return found;
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

parting_cells parting_at(const problem& base, const special_point& start, double step) {
    problem at = base;
    const cell_field* cells = at.model->cells();
    if (cells && start.groups.size() > 0 && start.groups != cells->groups())
        at = regrouped(at, start.groups);
    if (start.state.size() != at.model->dimension() ||
        start.parameters.size() != at.parameters.size())
        throw invalid_argument("start",
                               fmt::format("{} has {} states", start.label, start.state.size()),
                               fmt::format("{} has {}", at.model->name(), at.model->dimension()));
    at.parameters = start.parameters;
    const auto g = at.model->cells() ? critical_group(at, start, step) : std::nullopt;
    return {std::move(at), g};
}

problem on_groups(const problem& at, const grouping& groups, special_point& start) {
    problem apart = regrouped(at, groups);
    const cell_field &from = *at.model->cells(), &to = *apart.model->cells();
    start.state = regrouped_state(from, to, start.state);
    if (start.cycle) regroup(*start.cycle, from, to);
    start.groups = groups;
    start.parameters = apart.parameters;
    start.parameter_names = parameter_names(*apart.model);
    return apart;
}

problem simple_at(const problem& base, special_point& start, double step) {
    auto [at, group] = parting_at(base, start, step);
    return group ? on_groups(at, split(at.model->cells()->groups(), *group, 1), start) : at;
}

}  // namespace moebius
