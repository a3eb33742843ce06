// SPDX-License-Identifier: MIT
// Cycles of cells by direct integration of all of them, which knows neither groups nor rotations.
#pragma once

#include <algorithm>
#include <cmath>
#include <moebius/continuation/diagram.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/model/cell_field.hpp>
#include <stdexcept>
#include <vector>

namespace moebius::test {

/// A point of a cycle with each cell by itself.
struct lone_cells {
    problem at;
    std::vector<double> state;
};
inline lone_cells apart_at(const problem& base, const special_point& point) {
    problem on = regrouped(base, point.groups);
    on.parameters = point.parameters;
    const auto apart = regrouped(on, singletons(point.groups.members()));
    return {apart, regrouped_state(*on.model->cells(), *apart.model->cells(), point.state)};
}

inline std::vector<double> carried(const lone_cells& from, double time) {
    const auto way = integrate(from.at, from.state, time,
                               {.samples = 2, .flow = {.rtol = 1e-12, .atol = 1e-14}});
    if (way.status != flow_status::converged) throw std::runtime_error("the flow did not arrive");
    std::vector<double> end;
    for (std::size_t i = 1; i < way.columns.columns.size(); ++i)
        end.push_back(way.columns.columns[i][1]);
    return end;
}

/// How far the flow from each mesh point of a cycle ends from the next one.
inline double gap_between_mesh_points(const problem& base, const special_point& point) {
    const orbit& cycle = *point.cycle;
    const std::size_t n = point.state.size();
    double most = 0;
    for (std::size_t k = 0; k + 1 < cycle.times.size(); k += cycle.degree) {
        special_point here = point, next = point;
        const auto column = [&](std::size_t at, std::vector<double>& to) {
            std::copy_n(cycle.states.begin() + static_cast<std::ptrdiff_t>(at * n), n, to.begin());
        };
        column(k, here.state);
        column(k + cycle.degree, next.state);
        const auto end = carried(apart_at(base, here),
                                 cycle.period * (cycle.times[k + cycle.degree] - cycle.times[k]));
        const auto there = apart_at(base, next).state;
        for (std::size_t i = 0; i < end.size(); ++i)
            most = std::max(most, std::abs(end[i] - there[i]));
    }
    return most;
}

}  // namespace moebius::test
