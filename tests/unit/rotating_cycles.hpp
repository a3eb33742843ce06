// SPDX-License-Identifier: MIT
// The cycles on which all experts collapse in turn, under a slow controller, and where they end.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <string>
#include <vector>

namespace rotating_cycles {

using namespace moebius;

/// All experts in themselves: 2 N states, gain 0.02, beta = decay = 1, no leak.
inline problem controlled(std::size_t experts, double feedback) {
    auto at = with_defaults(controlled_feedback(softmax_loads(experts)));
    at.set("gain", 0.02);
    at.set("feedback", feedback);
    return at;
}

/// How one more stretch of time is spent: the state at its end, and what loads did meanwhile.
struct stretch {
    std::vector<double> end;
    double least = 1, greatest = 0;  ///< load of any expert
};

inline stretch followed(const problem& at, const std::vector<double>& x, double time) {
    const flow_options sharp{.rtol = 1e-11, .atol = 1e-13};
    const auto way = integrate(at, x, time, {.samples = 20001, .flow = sharp}).columns;
    stretch result;
    std::vector<double> now(x.size()), loads(at.model->experts());
    for (std::size_t row = 0; row < way.rows(); ++row) {
        for (std::size_t i = 0; i < now.size(); ++i) now[i] = way.columns[i + 1][row];
        at.model->loads(now, at.parameters, loads);
        const auto [least, greatest] = std::minmax_element(loads.begin(), loads.end());
        result.least = std::min(result.least, *least);
        result.greatest = std::max(result.greatest, *greatest);
    }
    result.end = now;
    return result;
}

/// The fold of cycles of least feedback, from a cycle that attracts at `feedback`.
/// @throws invalid_argument if none was met
inline special_point fold_of_cycles(std::size_t experts, double feedback) {
    const auto at = controlled(experts, feedback);
    std::vector<double> uneven(2 * experts, 0);
    uneven[0] = feedback;
    for (std::size_t e = 0; e < experts; ++e)  // their turns, from 1.5 down to -1.5
        uneven[experts + e] = 1.5 - 3 * static_cast<double>(e) / static_cast<double>(experts - 1);
    const auto loop = last_loop(integrate(at, uneven, 4000, {.samples = 40001}).columns);
    if (!loop) throw invalid_argument("fold_of_cycles", "no loop", "a cycle is needed");
    diagram found;
    add_cycle_branch(found, at, {"feedback", feedback / 2, feedback + 0.02}, cycle_start(at, *loop),
                     {.max_step = 0.5, .max_points = 60});
    const special_point* fold = nullptr;
    const std::size_t varied = at.index_of("feedback");
    for (const auto& point : found.special_points)
        if (point.type == point_type::LPC &&
            (!fold || point.parameters[varied] < fold->parameters[varied]))
            fold = &point;
    if (!fold) throw invalid_argument("fold_of_cycles", "no LPC", "the branch must turn");
    return *fold;
}

/// What integration says of the cycles on both sides of a fold, at a distance in feedback.
struct two_sides {
    std::vector<int> unstable;  ///< multipliers outside the unit circle of each cycle above
    double period = 0;          ///< of the stable one,
    double strayed = 0;         ///< and how far extremes of loads went from its own while
                                ///< it was followed
    int left_after = 0;     ///< below the fold: the period in which no load rises half as far above
                            ///< 1/N as in the first; 0 if none
    double unbalanced = 1;  ///< greatest |load - 1/N| at the end
};

inline two_sides around(const special_point& fold, std::size_t experts, double distance,
                        int periods) {
    two_sides result;
    const double there = fold.parameters[0];  // feedback is the first
    const double period = fold.cycle->period;
    diagram above;
    const auto upper = controlled(experts, there + distance);
    add_cycle_branch(above, upper, {"feedback", there - 0.1, there + distance}, fold);
    const auto& rows = above.branches.at(0).columns;
    for (const auto& end : above.special_points) {
        if (end.type != point_type::EP) continue;
        result.unstable.push_back(static_cast<int>(rows.at("n_unstable")[end.row]));
        if (result.unstable.back() != 0) continue;
        result.period = end.cycle->period;
        auto x = end.state;
        for (int turn = 0; turn < periods; ++turn) {
            const auto now = followed(upper, x, result.period);
            result.strayed =
                std::max({result.strayed, std::abs(now.least - rows.at("load_1_min")[end.row]),
                          std::abs(now.greatest - rows.at("load_1_max")[end.row])});
            x = now.end;
        }
    }
    const auto lower = controlled(experts, there - distance);
    const double share = 1 / static_cast<double>(experts);
    const double full = followed(lower, fold.state, period).greatest;
    auto x = fold.state;
    for (int turn = 1; turn <= periods; ++turn) {
        const auto now = followed(lower, x, period);
        if (result.left_after == 0 && now.greatest < (full + share) / 2) result.left_after = turn;
        result.unbalanced = std::max(now.greatest - share, share - now.least);
        x = now.end;
    }
    return result;
}

}  // namespace rotating_cycles
