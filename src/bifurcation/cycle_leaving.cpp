// SPDX-License-Identifier: MIT
#include "cycle_leaving.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <moebius/bifurcation/critical_group.hpp>
#include <moebius/continuation/cycle_curve.hpp>
#include <moebius/model/cell_field.hpp>
#include <span>
#include <utility>
#include <vector>

#include "cycle_facts.hpp"

namespace moebius::detail {
namespace {

using Eigen::VectorXd;

/// How near a multiplier comes to what is critical at a BP, PD or NS.
double distance_of(std::span<const std::complex<double>> multipliers, point_type type) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto mu : multipliers) {
        const double here = type == point_type::PD   ? std::abs(mu + 1.0)
                            : type == point_type::BP ? std::abs(mu - 1.0)
                            : mu.imag() != 0         ? std::abs(std::abs(mu) - 1)
                                                     : nearest;
        nearest = std::min(nearest, here);
    }
    return nearest;
}

/// Over one part of a cycle, the flow's own apart; none if they are not known.
std::vector<std::complex<double>> own_multipliers(const problem& at, const parameter_range& range,
                                                  const special_point& of) {
    cycle_curve curve(at, range, *of.cycle, of.turn);
    const auto part = folded(piecewise_of(*of.cycle), curve.beyond());
    const VectorXd u = curve.scale(part, of.cycle->period, of.parameters);
    VectorXd f(curve.size() - 1);
    if (!curve.evaluate(u, f)) return {};
    return curve.multipliers().others;
}

/// The group within which a multiplier is nearer to the critical one than so much.
std::optional<std::size_t> group_nearer(const problem& at, const special_point& of,
                                        double distance) {
    std::optional<std::size_t> found;
    const auto within = multipliers_within(at, piecewise_of(*of.cycle), of.cycle->period, of.turn);
    for (const auto& group : within) {
        const double here = distance_of(group.values, of.type);
        if (here >= distance) continue;
        distance = here;
        found = group.group;
    }
    return found;
}

/// The group within which a multiplier is critical, if it is none of the cycle's own.
std::optional<std::size_t> critical_group_of(const problem& at, const special_point& start,
                                             std::span<const std::complex<double>> own) {
    double nearest = std::min(floquet::nearby, distance_of(own, start.type));
    if (start.turn.order() % 2 == 0) nearest = std::min(nearest, distance_of(own, point_type::PD));
    return group_nearer(at, start, nearest);
}

/// Lets the first cell of a group, and of those in turn with it, go its own way.
void part(leaving_cycles& of, std::size_t group) {
    const grouping coarse = of.on.model->cells()->groups();
    const rotation turn = std::exchange(of.start.turn, {});
    std::vector<bool> parts(coarse.size(), false);
    parts[group] = true;
    for (const auto& cycle : cycles_of(turn))
        if (std::find(cycle.begin(), cycle.end(), group) != cycle.end())
            for (const std::size_t g : cycle) parts[g] = true;
    grouping fine = coarse;
    std::vector<std::size_t> first(coarse.size());  // where a group stands now, or its first cell
    for (std::size_t g = 0, place = 0; g < coarse.size(); ++g) {
        first[g] = place;
        if (parts[g]) fine = split(fine, place, 1);
        place += parts[g] ? 2U : 1U;
    }
    of.on = on_groups(of.on, fine, of.start);
    of.parted = first[group];
    if (turn.next.empty()) return;
    of.start.turn.next.resize(fine.size());
    for (std::size_t g = 0; g < coarse.size(); ++g)
        for (std::size_t k = 0; k < (parts[g] ? 2U : 1U); ++k)
            of.start.turn.next[first[g] + k] = first[turn.next[g]] + k;
}

}  // namespace

leaving_cycles leaving_at(const problem& at, const parameter_range& range,
                          const special_point& start) {
    leaving_cycles of{at, start};
    const bool doubles = start.type == point_type::PD, even = start.turn.order() % 2 == 0;
    auto own = own_multipliers(at, range, start);
    if (const auto group = critical_group_of(at, start, own)) {
        if (doubles && even) of.start.turn = {};  // no power of it is kept where all part in turn
        part(of, *group);
        own = own_multipliers(of.on, range, of.start);
    }
    if (doubles || (even && distance_of(own, point_type::PD) < distance_of(own, point_type::BP)))
        of.start.turn = squared(of.start.turn);
    return of;
}

leaving_cycles parted_at(const problem& at, const parameter_range& range,
                         const special_point& start) {
    leaving_cycles of{at, start};
    const auto own = own_multipliers(at, range, start);
    if (const auto group = critical_group_of(at, start, own)) {
        of.start.turn = {};
        part(of, *group);
    } else if (start.type == point_type::BP && start.turn.order() % 2 == 0 &&
               distance_of(own, point_type::PD) < distance_of(own, point_type::BP)) {
        of.start.turn = squared(start.turn);  // over two parts it is 1
    }
    return of;
}

}  // namespace moebius::detail
