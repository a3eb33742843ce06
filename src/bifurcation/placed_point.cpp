// SPDX-License-Identifier: MIT
#include "placed_point.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/continuation/check_start.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/model/cell_field.hpp>

namespace moebius {

using Eigen::Index;

namespace {

constexpr double agree = 1e-7;  // state scales within which groups of cells are one

}  // namespace

/// The normal form of a GH is that of a simple pair: its groups stay apart.
placed_point::placed_point(const problem& base, const special_point& point,
                           const std::vector<parameter_range>& ranges)
    : at(base), x(point.state) {
    const cell_field* cells = at.model->cells();
    if (cells && point.groups.size() > 0 && point.groups != cells->groups())
        at = regrouped(at, point.groups);
    check_start(*at.model, point, "certify");
    at.parameters = point.parameters;
    for (const auto& range : ranges) free.push_back(at.index_of(range.name));
    for (std::size_t i = 0; i < x.size(); ++i) origin.push_back(i);
    if (at.model->cells() && point.type != point_type::GH) join(ranges);
}

double placed_point::unit_of(std::size_t free_parameter, const parameter_range& range) const {
    double unit = (range.to - range.from) / scaling::whole;
    for (const double end : {range.from, range.to})
        if (end != 0) unit = std::min(unit, std::abs(end));
    const auto n = static_cast<Index>(x.size());
    Eigen::VectorXd f(n);
    Eigen::MatrixXd fx(n, n), fp(n, static_cast<Index>(at.parameters.size()));
    auto beside = x;  // where f_x does not vanish even if it does at a fold
    for (double& value : beside) value += state_scale();
    at.model->linear(beside, at.parameters, view(f), view(fx), view(fp));
    const double holds = fx.norm();
    at.model->linear(x, at.parameters, view(f), view(fx), view(fp));
    const double moves = fp.col(static_cast<Index>(free_parameter)).norm();
    const double natural = state_scale() * std::max(holds, fx.norm()) / moves;
    return natural > 0 && std::isfinite(natural) ? std::min(unit, natural) : unit;
}

std::vector<critical_space> placed_point::spaces() const {
    std::vector<critical_space> all{critical_space(at)};
    if (const cell_field* cells = at.model->cells())
        for (std::size_t g = 0; g < groups(); ++g)
            if (cells->groups().groups[g].size() > 1) all.emplace_back(at, g);
    return all;
}

std::size_t placed_point::groups() const { return at.model->cells()->groups().size(); }

/// What tells groups apart; empty for one with a free parameter of its own.
std::vector<double> placed_point::own_parameters(std::size_t g) const {
    std::vector<double> own;
    for (std::size_t k = at.model->cells()->shared_parameters() + g; k < at.parameters.size();
         k += groups()) {
        if (std::find(free.begin(), free.end(), k) != free.end()) return {};
        own.push_back(at.parameters[k]);
    }
    return own;
}

bool placed_point::are_one(std::size_t g, std::size_t h) const {
    const auto own = own_parameters(g);
    if (own.empty() || own != own_parameters(h)) return false;
    for (std::size_t i = g, j = h; i < x.size(); i += groups(), j += groups())
        if (std::abs(x[i] - x[j]) > agree * state_scale()) return false;
    return true;
}

void placed_point::join(const std::vector<parameter_range>& ranges) {
    const cell_field& fine = *at.model->cells();
    grouping joined;
    std::vector<std::size_t> place;  // of each group: among the joined ones
    for (std::size_t g = 0; g < groups(); ++g) {
        std::size_t first = 0;
        while (first < g && !are_one(first, g)) ++first;
        place.push_back(first < g ? place[first] : joined.size());
        if (first == g) joined.groups.emplace_back();
        auto& members = joined.groups[place[g]];
        const auto& more = fine.groups().groups[g];
        members.insert(members.end(), more.begin(), more.end());
        std::sort(members.begin(), members.end());
    }
    if (joined.size() == groups()) return;
    for (std::size_t i = 0; i < x.size(); ++i)
        origin[i] = i / groups() * joined.size() + place[i % groups()];
    const problem coarse = regrouped(at, joined);
    x = regrouped_state(fine, *coarse.model->cells(), x);
    at = coarse;
    free.clear();
    for (const auto& range : ranges) free.push_back(at.index_of(range.name));
}

}  // namespace moebius
