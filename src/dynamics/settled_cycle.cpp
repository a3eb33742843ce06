// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/critical_group.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/continuation/collocation.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/dynamics/settled_cycle.hpp>
#include <moebius/model/cell_field.hpp>
#include <numeric>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t stretches = 5;     // of the flow, each twice as long as the one before
constexpr std::size_t first_turns = 50;  // of the first one
constexpr std::size_t in_turn = 200;     // samples
constexpr double loop_gap = 1e-2;        // of a loop's size, by which one before may differ
constexpr double one_motion = 5e-2;      // of it, root mean square, by which one motion may
constexpr Index instants = 720;          // at which motions are compared
constexpr double set_apart = 3;          // state scales by which cells are set apart
constexpr double beyond_point = 0.01;    // of the parameter at a Hopf point

/// What each cell does along a loop. Shape of each (states of a cell, instants)
std::vector<MatrixXd> motions(const piecewise& loop, const cell_field& cells) {
    const auto count = static_cast<Index>(cells.groups().size());
    const auto kinds = static_cast<Index>(cells.cell_states());
    std::vector<MatrixXd> all(cells.groups().size(), MatrixXd(kinds, instants));
    for (Index k = 0; k < instants; ++k) {
        const VectorXd x = loop.at(static_cast<double>(k) / static_cast<double>(instants));
        for (Index g = 0; g < count; ++g)
            for (Index kind = 0; kind < kinds; ++kind)
                all[static_cast<std::size_t>(g)](kind, k) = x[kind * count + g];
    }
    return all;
}

/// Whether b does a share of the period later what a does, but where it jumps.
bool follows(const MatrixXd& a, const MatrixXd& b, Index later, double within) {
    double sum = 0;
    for (Index k = 0; k < instants; ++k)
        sum += (b.col((k + later) % instants) - a.col(k)).squaredNorm();
    return sum < within * within * static_cast<double>(instants);
}

grouping alike_along(const std::vector<MatrixXd>& all, double within) {
    grouping result;
    for (std::size_t e = 0; e < all.size(); ++e) {
        const auto known = std::find_if(
            result.groups.begin(), result.groups.end(),
            [&](const auto& group) { return follows(all[group.front()], all[e], 0, within); });
        if (known == result.groups.end())
            result.groups.push_back({e});
        else
            known->push_back(e);
    }
    return result;
}

/// The rotation of most steps by which groups go on; none if there is none.
rotation rotation_of(const std::vector<MatrixXd>& all, const grouping& groups, double within) {
    for (std::size_t parts = groups.size(); parts > 1; --parts) {
        const auto later = static_cast<Index>(
            std::lround(static_cast<double>(instants) / static_cast<double>(parts)));
        rotation found;
        for (const auto& group : groups.groups)
            for (std::size_t h = 0; h < groups.size(); ++h)
                if (groups.groups[h].size() == group.size() &&
                    follows(all[group.front()], all[groups.groups[h].front()], later, within)) {
                    found.next.push_back(h);
                    break;
                }
        auto targets = found.next;
        std::sort(targets.begin(), targets.end());
        const bool permutes = targets.size() == groups.size() &&
                              std::adjacent_find(targets.begin(), targets.end()) == targets.end();
        if (permutes && found.order() == parts) return found;
    }
    return {};
}

/// The loop on the groups and with the rotation that it has.
settled_cycle sorted(const problem& at, const orbit& loop) {
    const cell_field& cells = *at.model->cells();
    const piecewise way = piecewise_of(loop);
    const double size =
        (way.values.rowwise().maxCoeff() - way.values.rowwise().minCoeff()).maxCoeff();
    const auto all = motions(way, cells);
    const auto groups = alike_along(all, one_motion * size);
    settled_cycle result{regrouped(at, groups), {}};
    piecewise on_groups = way;
    on_groups.values.resize(static_cast<Index>(result.on.model->dimension()), way.values.cols());
    for (Index k = 0; k < way.values.cols(); ++k) {
        const std::vector<double> x(way.values.col(k).begin(), way.values.col(k).end());
        const auto there = regrouped_state(cells, *result.on.model->cells(), x);
        on_groups.values.col(k) = Eigen::Map<const VectorXd>(there.data(), on_groups.values.rows());
    }
    result.start = cycle_start(result.on, orbit_of(on_groups, loop.period));
    result.start.groups = groups;
    result.start.parameter_names = parameter_names(*result.on.model);
    result.start.turn = rotation_of(all, groups, one_motion * size);
    return result;
}

/// Whether the last loop is one as those before, through half of a stretch of the flow: all states
/// have the same extremes.
bool is_settled(const table& way, double period) {
    const std::size_t rows = way.rows();
    const auto loop =
        static_cast<std::size_t>(std::ceil(period / (way.columns[0][1] - way.columns[0][0])));
    if (4 * loop > rows) return false;
    double off = 0, size = 0;
    for (std::size_t c = 1; c < way.columns.size(); ++c) {
        const auto extremes = [&](std::size_t first) {
            const auto from = way.columns[c].begin() + static_cast<std::ptrdiff_t>(first);
            return std::minmax_element(from, from + static_cast<std::ptrdiff_t>(loop));
        };
        const auto [least, most] = extremes(rows - loop);
        const auto [least_before, most_before] = extremes(rows / 2 - loop);
        size = std::max(size, *most - *least);
        off = std::max({off, std::abs(*least - *least_before), std::abs(*most - *most_before)});
    }
    return off < loop_gap * size;
}

}  // namespace

std::optional<settled_cycle> find_settled_cycle(const problem& at, std::span<const double> x0,
                                                double turn, const watch& watched) {
    std::vector<double> x(x0.begin(), x0.end());
    for (std::size_t k = 0, turns = first_turns; k < stretches; ++k, turns *= 2) {
        if (watched.stopping()) throw interrupted("cycle");
        const auto way =
            integrate(at, x, static_cast<double>(turns) * turn, {.samples = turns * in_turn + 1});
        if (way.status != flow_status::converged) return std::nullopt;
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = way.columns.columns[i + 1].back();
        const auto loop = last_loop(way.columns);
        if (loop && is_settled(way.columns, loop->period)) return sorted(at, *loop);
    }
    return std::nullopt;
}

std::optional<settled_cycle> settled_beyond(const problem& base, const parameter_range& range,
                                            const special_point& hopf, const watch& watched) {
    const auto [at, group] = parting_at(base, hopf);
    const auto period = coefficient_of(hopf, "period"), crossing = coefficient_of(hopf, "crossing");
    if (!group || !period || !crossing)
        throw invalid_argument("cycle", fmt::format("{} came for a settled cycle", hopf.label),
                               "a Hopf point at which alike cells part is needed");
    special_point start = hopf;
    problem apart = on_groups(at, singletons(at.model->cells()->groups().members()), start);
    const double here = apart.parameters[apart.index_of(range.name)];
    const double there =
        here + std::copysign(beyond_point * std::max(std::abs(here), 1e-2), *crossing);
    if (!(there > range.from && there < range.to))
        throw invalid_argument(
            "--vary", fmt::format("{} from {} to {} came", range.name, range.from, range.to),
            fmt::format("{} must lie within, where the flow is to settle", there));
    apart.set(range.name, there);
    const auto& members = at.model->cells()->groups().groups[*group];
    const double scale = set_apart * apart.model->state_scale(apart.parameters);
    for (std::size_t k = 0; k < members.size(); ++k)  // evenly, so that no two are alike
        start.state[members[k]] +=
            scale * (1 - 2 * static_cast<double>(k) / static_cast<double>(members.size() - 1));
    return find_settled_cycle(apart, start.state, *period, watched);
}

}  // namespace moebius
