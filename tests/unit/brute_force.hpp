// SPDX-License-Identifier: MIT
// Stable states from random starts, and whether a diagram has each of them once. Nothing here
// shares code with the searches of a diagram but the models.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/continuation/diagram.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/model/cell_field.hpp>
#include <random>
#include <string>
#include <vector>

namespace moebius::brute_force {

using state = std::vector<double>;  // with each cell by itself; kinds one after another

/// A problem of many cells: with each by itself, and on the groups that a diagram is made of.
struct cells_problem {
    problem apart, grouped;
};

inline double distance(const state& a, const state& b) {
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
    return most;
}

/// Cells that may be renamed stand by falling first state.
inline state sorted(const cells_problem& on, const state& x) {
    const cell_field* cells = on.grouped.model->cells();
    if (!cells) return x;
    const std::size_t n = cells->groups().members(), kinds = x.size() / n;
    state out = x;
    for (const auto& group : cells->groups().groups) {
        auto order = group;
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return x[a] > x[b]; });
        for (std::size_t k = 0; k < group.size(); ++k)
            for (std::size_t kind = 0; kind < kinds; ++kind)
                out[kind * n + group[k]] = x[kind * n + order[k]];
    }
    return out;
}

/// Stable states at the parameters of `apart`, up to names, from random scores.
inline std::vector<state> stable_states(const cells_problem& on, std::size_t starts,
                                        unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    const problem& at = on.apart;
    const std::size_t n = at.model->experts();
    std::vector<state> found;
    for (std::size_t k = 0; k < starts; ++k) {
        std::vector<double> loads(n);
        const double power = 8 * uniform(random) * uniform(random);
        double sum = 0;
        for (double& load : loads) sum += load = std::pow(uniform(random), power);
        for (double& load : loads) load /= sum;
        if (k < n)  // one takes almost all
            for (std::size_t e = 0; e < n; ++e)
                loads[e] = e == k ? 1 - 1e-3 : 1e-3 / static_cast<double>(n - 1);
        state x(at.model->dimension());
        if (!at.model->rest(loads, at.parameters, x)) return found;
        const auto end = settle(at, x, {.max_time = 1e4});
        if (end.status != flow_status::converged) continue;
        const auto known = sorted(on, end.state);
        if (std::none_of(found.begin(), found.end(),
                         [&](const state& other) { return distance(known, other) < 1e-6; }))
            found.push_back(known);
    }
    return found;
}

/// The state of each cell from one of groups.
inline state expanded(const branch& of, const state& x) {
    if (of.groups.size() == 0) return x;
    const std::size_t n = of.groups.members(), groups = of.groups.size();
    state out(x.size() / groups * n);
    for (std::size_t kind = 0; kind < x.size() / groups; ++kind)
        for (std::size_t g = 0; g < groups; ++g)
            for (const std::size_t e : of.groups.groups[g])
                out[kind * n + e] = x[kind * groups + g];
    return out;
}

inline state row_of(const branch& of, std::size_t row, std::size_t states) {
    state x(states);
    for (std::size_t i = 0; i < states; ++i) x[i] = of.columns.columns[1 + i][row];
    return x;
}

/// How near a branch passes a state at a value of the parameter: rows are joined by chords.
inline double nearest(const cells_problem& on, const branch& of, double value, const state& x) {
    const auto& p = of.columns.columns[0];
    const std::size_t states =
        of.groups.size() == 0 ? x.size() : x.size() / of.groups.members() * of.groups.size();
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t row = 0; row + 1 < p.size(); ++row) {
        if ((p[row] < value) == (p[row + 1] < value) && p[row] != value && p[row + 1] != value)
            continue;
        const double share = p[row] == p[row + 1] ? 0 : (value - p[row]) / (p[row + 1] - p[row]);
        const auto a = row_of(of, row, states), b = row_of(of, row + 1, states);
        state between(states);
        for (std::size_t i = 0; i < states; ++i) between[i] = std::lerp(a[i], b[i], share);
        least = std::min(least, distance(sorted(on, expanded(of, between)), x));
    }
    return least;
}

/// What is wrong: stable states that no branch passes, and rows in the middle of a branch that
/// another one passes, too. `reach`: how far a chord may be from its curve.
inline std::vector<std::string> faults(const cells_problem& on, const diagram& found,
                                       const std::string& parameter, double from, double to,
                                       std::size_t values, std::size_t starts, double reach) {
    std::vector<std::string> wrong;
    for (std::size_t k = 0; k < values; ++k) {
        const double value =
            std::lerp(from, to, (static_cast<double>(k) + 0.37) / static_cast<double>(values));
        auto here = on;
        here.apart.set(parameter, value);
        for (const auto& x : stable_states(here, starts, static_cast<unsigned>(k + 1))) {
            double least = std::numeric_limits<double>::infinity();
            for (const auto& curve : found.branches)
                least = std::min(least, nearest(on, curve, value, x));
            if (least > reach)
                wrong.push_back("missing at " + std::to_string(value) + ": state_1 " +
                                std::to_string(x[0]) + ", nearest " + std::to_string(least));
        }
    }
    for (const auto& one : found.branches)
        for (const auto& other : found.branches) {
            if (one.id == other.id || one.columns.rows() < 5) continue;
            std::size_t shared = 0;  // rows at quarters
            for (std::size_t q = 1; q < 4; ++q) {
                const std::size_t row = one.columns.rows() * q / 4;
                const std::size_t states = one.groups.size() == 0
                                               ? on.grouped.model->dimension()
                                               : on.grouped.model->dimension() /
                                                     on.grouped.model->cells()->groups().size() *
                                                     one.groups.size();
                const auto x = sorted(on, expanded(one, row_of(one, row, states)));
                if (nearest(on, other, one.columns.columns[0][row], x) < reach / 10) ++shared;
            }
            if (shared == 3)
                wrong.push_back("branch " + std::to_string(one.id) + " lies on " +
                                std::to_string(other.id));
        }
    return wrong;
}

}  // namespace moebius::brute_force
