// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/continuation/state_units.hpp>
#include <moebius/dynamics/grid_sweep.hpp>
#include <moebius/model/cell_field.hpp>
#include <utility>

namespace moebius {
namespace {

using states = std::vector<std::vector<double>>;

void check(const problem& at, const grid_axis& a, const grid_axis& b,
           const grid_sweep_options& options) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("grid_sweep", got, needed);
    };
    if (at.index_of(a.parameter) == at.index_of(b.parameter))
        reject(fmt::format("both axes are {}", a.parameter), "two parameters are needed");
    for (const auto& axis : {a, b}) {
        if (axis.points > most_grid_points)
            reject(fmt::format("{} has {} points", axis.parameter, axis.points),
                   fmt::format("it takes up to {}", most_grid_points));
        if (axis.points < 2)
            reject(fmt::format("{} has {} points", axis.parameter, axis.points), "it needs >= 2");
        if (axis.from == axis.to)
            reject(fmt::format("{} goes from {} to {}", axis.parameter, axis.from, axis.to),
                   "the ends must differ");
        auto probe = at;
        probe.set(axis.parameter, axis.from);
        probe.set(axis.parameter, axis.to);
    }
    if (!(options.same > 0)) reject(fmt::format("same is {}", options.same), "it must be > 0");
}

states starts_at(const problem& at, const grid_sweep_options& options) {
    if (!options.starts.empty()) return options.starts;
    const auto [low, high] = at.model->state_bounds(at.parameters);
    if (!std::isfinite(low) || !std::isfinite(high))
        throw invalid_argument("grid_sweep", "no starts came",
                               fmt::format("{} has no bounds to start from", at.model->name()));
    std::vector<double> start(at.model->dimension(), low);
    for (std::size_t i = 1; i < start.size(); ++i)
        start[i] +=
            1e-6 * (high - low) * static_cast<double>(i) / static_cast<double>(start.size());
    auto lifted = start;
    lifted.front() = high;
    return {start, lifted};
}

bool is_new(const states& known, const std::vector<double>& x, double distance) {
    return std::none_of(known.begin(), known.end(), [&](const auto& other) {
        double apart = 0;
        for (std::size_t i = 0; i < x.size(); ++i)
            apart = std::max(apart, std::abs(x[i] - other[i]));
        return apart <= distance;
    });
}

/// The row of one grid point after its two parameters.
std::vector<double> settle_all(const problem& at, const grid_sweep_options& options,
                               std::span<const std::size_t> axes, const watch& watched) {
    const std::size_t experts = at.model->experts();
    const problem_in_units own(at);
    const double distance = options.same * own.on().model->state_scale(at.parameters);
    states found;  // in these units
    double unsettled = 0, gap = 0;
    std::vector<double> ends, loads(experts);
    for (const auto& start : starts_at(at, options)) {
        auto end = settle(at, start, options.settle, watched);
        if (end.status == flow_status::converged) {
            at.model->loads(end.state, at.parameters, loads);
            if (experts > 0) {
                const auto [least, most] = std::minmax_element(loads.begin(), loads.end());
                gap = std::max(gap, *most - *least);
            }
            auto place = end.state;
            own.enter(place);
            if (is_new(found, place, distance)) found.push_back(std::move(place));
        } else {
            ++unsettled;
            end.state.assign(start.size(), std::numeric_limits<double>::quiet_NaN());
            loads.assign(experts, std::numeric_limits<double>::quiet_NaN());
        }
        ends.insert(ends.end(), end.state.begin(), end.state.end());
        ends.insert(ends.end(), loads.begin(), loads.end());
    }
    const std::size_t searched = options.starts.empty() ? stable_states(at, axes).size() : 0;
    const std::size_t stable = std::max(found.size(), searched);
    std::vector<double> row{static_cast<double>(stable), unsettled};
    if (experts > 0) row.push_back(found.empty() ? std::numeric_limits<double>::quiet_NaN() : gap);
    row.insert(row.end(), ends.begin(), ends.end());
    return row;
}

std::vector<std::string> names_of(const problem& at, const grid_axis& a, const grid_axis& b,
                                  std::size_t starts) {
    std::vector<std::string> names{a.parameter, b.parameter, "stable_states", "unsettled"};
    if (at.model->experts() > 0) names.emplace_back("load_gap");
    for (std::size_t k = 1; k <= starts; ++k) {
        for (const auto name : at.model->state_names())
            names.push_back(fmt::format("{}_{}", name, k));
        for (std::size_t e = 1; e <= at.model->experts(); ++e)
            names.push_back(fmt::format("load_{}_{}", e, k));
    }
    return names;
}

/// The rows that are marked.
table rows_of(const table& all, const std::vector<char>& marked) {
    table out{all.names, std::vector<std::vector<double>>(all.names.size())};
    for (std::size_t row = 0; row < marked.size(); ++row)
        for (std::size_t c = 0; marked[row] != 0 && c < all.columns.size(); ++c)
            out.columns[c].push_back(all.columns[c][row]);
    return out;
}

}  // namespace

table grid_sweep(const problem& at, const grid_axis& a, const grid_axis& b,
                 const grid_sweep_options& options, const watch& watch) {
    check(at, a, b, options);
    const std::size_t starts = options.starts.empty() ? 2 : options.starts.size();
    table result{names_of(at, a, b, starts), {}};
    check_result_size("grid_sweep", "grid points", a.points * b.points, result.names.size());
    result.columns.assign(result.names.size(), std::vector<double>(a.points * b.points));

    const std::array axes{at.index_of(a.parameter), at.index_of(b.parameter)};
    std::vector<char> is_done(a.points * b.points);
    const auto at_point = [&](std::size_t i) {
        auto here = at;
        here.set(a.parameter, a.value(i / b.points));
        here.set(b.parameter, b.value(i % b.points));
        const auto row = settle_all(here, options, axes, watch);
        result.columns[0][i] = a.value(i / b.points);
        result.columns[1][i] = b.value(i % b.points);
        for (std::size_t c = 0; c < row.size(); ++c) result.columns[c + 2][i] = row[c];
        is_done[i] = 1;
    };
    try {
        parallel_for(a.points * b.points, options.threads, at_point, watch, "grid_sweep");
    } catch (const interrupted&) {
        auto done = rows_of(result, is_done);
        if (done.rows() == 0) throw;
        throw cut_short<table>("grid_sweep", std::move(done));
    }
    return result;
}

}  // namespace moebius
