// SPDX-License-Identifier: MIT
#include "sector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/model/cell_field.hpp>
#include <tuple>
#include <utility>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double low = 0, high = scaling::whole;  // of the scaled parameter
constexpr double at_a_fold = 0.02;  // of the scaled parameter, by which a fold's start may be off
constexpr double as_given = 1e-13;  // scaled distance from the parameter of a start: rounding

}  // namespace

sector::sector(const problem& base, const parameter_range& range,
               const continuation_options& options, double copies, diagram& result,
               const watch& progress)
    : curve_(base, range),
      range_(range),
      options_(options),
      copies_(copies),
      result_(result),
      watch_(progress),
      n_(curve_.unknowns() - 1),
      x_(base.model->dimension()),
      p_(base.parameters) {
    watched_ = {{watched::crossing, 0}, {watched::turn, 0}};
    // Diagonal plus low rank, as loads that respond to scores alone, has real eigenvalues.
    if (n_ > 1 && !curve_.terms().is_structured()) watched_.push_back({watched::oscillation, 0});
    const cell_field* cells = base.model->cells();
    if (!cells) return;
    for (std::size_t g = 0; g < cells->groups().size(); ++g) {
        if (cells->groups().groups[g].size() < 2) continue;
        watched_.push_back({watched::split, g});
        if (cells->cell_states() > 1) watched_.push_back({watched::oscillation_within, g});
    }
}

void sector::search(double value) {
    problem at_value = curve_.base();
    at_value.parameters[curve_.units().free()[0]] = value;
    const double scaled = curve_.units().scale(x_, at_value.parameters)[n_];
    for (const auto& x : find_equilibria(at_value)) {
        VectorXd u(n_ + 1);
        u << x / curve_.units().units()[0], scaled;
        if (known_.is_end(u) || known_.is_on_branch(u, curve_)) continue;
        if (!follow_from(u, scaled == low ? 1 : scaled == high ? -1 : 0, "")) record_lone(u);
    }
}

void sector::through(const special_point& start) {
    const VectorXd u = curve_.units().scale(start.state, start.parameters);
    const double p = u[n_];
    if (p < low - same_point || p > high + same_point)
        throw invalid_argument("diagram",
                               fmt::format("{} stands at {} = {}", start.label, range_.name,
                                           start.parameters[curve_.units().free()[0]]),
                               fmt::format("the range is {} to {}", range_.from, range_.to));
    const int sign = p < low + same_point ? 1 : p > high - same_point ? -1 : 0;
    if (follow_from(u, sign, start.label, start.type != point_type::EP)) return;
    VectorXd f(n_);
    static_cast<void>(curve_.linearize(u, f));
    throw invalid_argument(
        "diagram",
        fmt::format("{} leaves a residual of {:.2g}", start.label, f.lpNorm<Eigen::Infinity>()),
        "no branch of equilibria passes near it");
}

void sector::leave(const splitting& from, const cell_field& coarse, bool one_way) {
    const cell_field& cells = *base().model->cells();
    const auto x = regrouped_state(coarse, cells, from.state);
    auto p = base().parameters;
    p[curve_.units().free()[0]] = from.parameters[curve_.units().free()[0]];
    const VectorXd u = curve_.units().scale(x, p);
    if (known_.crossing_at(u)) return;
    const auto found = find_branch_point(curve_, u);
    if (!found || (found->u - u).norm() > 1e-3) return;
    // The coarse branch keeps the halves of the group alike; the way across tells them apart.
    const auto g = static_cast<Index>(from.group);
    const auto apart = [g](const VectorXd& way) { return std::abs(way[g] - way[g + 1]); };
    VectorXd across = found->tangents[0];
    if (apart(found->tangents[1]) > apart(across)) across = found->tangents[1];
    if (across[g] < across[g + 1]) across = -across;  // the first half wins
    known_.add_crossing(found->u).label = from.label;
    arms_.push_back({from.label, found->u, across, from.depth + 1});
    if (!one_way) arms_.push_back({from.label, found->u, -across, from.depth + 1});
    follow_arms();
}

std::vector<splitting> sector::take_splittings() { return std::exchange(ready_, {}); }

/// Follows the branch through u: one way if `sign` says where the parameter must go, else both.
/// @param labelled  u is a special point
/// @return false if there is no branch near u, or no unique one that can be told
bool sector::follow_from(const VectorXd& u, int sign, const std::string& from, bool labelled) {
    depth_ = 0;
    tracer trace(curve_, options_);
    if (!stand_on(trace, u, sign)) return follow_from_singular(u, from);
    // On a special point itself no sign changes: one step on, it lies behind and is found.
    if (sign == 0 && (labelled || std::abs(trace.current().tangent[n_]) < same_point))
        if (trace.advance() != step_status::accepted) return follow_from_singular(u, from);
    follow_both(trace, sign, from);
    return true;
}

/// On the branch near u, at its parameter unless that is a fold's.
bool sector::stand_on(tracer& ahead, const VectorXd& u, int sign) {
    const VectorXd direction = VectorXd::Unit(n_ + 1, n_) * (sign == 0 ? 1 : sign);
    if (ahead.start(u, direction) && std::abs(ahead.current().u[n_] - u[n_]) < as_given)
        return true;
    if (ahead.start_at(u, n_, sign)) return true;
    return ahead.start(u, direction) && std::abs(ahead.current().u[n_] - u[n_]) < at_a_fold;
}

/// From where the tracer stands.
void sector::follow_both(tracer& trace, int sign, const std::string& from) {
    const curve_point first = trace.current();
    const bool both = sign == 0 || std::abs(first.tangent[n_]) < same_point;
    recorder rows = new_recorder();
    branch made = begin_branch(from);
    if (sign == 0)
        rows.add(0, first.u, extras_at(first.u));
    else
        record_end(rows, 0, first.u);
    made.first = stop_reason::range_end;
    way_.clear();
    if (both) {
        tracer back(curve_, options_);
        back.start_back(first);
        made.first = go(back, rows);
        rows.turn_back();
        std::reverse(way_.begin(), way_.end());
    }
    way_.push_back(first.u);
    if (made.first == stop_reason::closed)
        finish(rows, made, stop_reason::closed);
    else
        finish(rows, made, go(trace, rows));
    follow_arms();
}

/// u has no unique tangent: if it is a branch point, all ways out of it are followed.
bool sector::follow_from_singular(const VectorXd& u, const std::string& from) {
    const auto found = find_branch_point(curve_, u);
    if (!found || (found->u - u).norm() > 1e-3) return false;
    if (u[n_] > low + same_point && u[n_] < high - same_point) {
        // Along the way that goes most in the parameter: a step on, the point lies behind.
        const auto& [a, b] = std::tie(found->tangents[0], found->tangents[1]);
        tracer trace(curve_, options_);
        trace.start_with_tangent(found->u, std::abs(b[n_]) > std::abs(a[n_]) ? b : a);
        if (trace.advance() == step_status::accepted) {
            follow_both(trace, 0, from);
            return true;
        }
    }
    recorder rows = new_recorder();
    branch made = begin_branch(from);
    made.first = made.last = stop_reason::branch_point;
    note_crossing(rows, 0, *found, VectorXd{});
    rows.finish(std::move(made), result_);
    name_what_was_met();
    follow_arms();
    return true;
}

/// An equilibrium without a branch, as the point where an isola vanishes.
void sector::record_lone(const VectorXd& u) {
    recorder rows = new_recorder();
    branch made = begin_branch("");
    made.first = made.last = stop_reason::singular;
    record_end(rows, 0, u);
    rows.finish(std::move(made), result_);
}

void sector::follow_arms() {
    while (!arms_.empty()) {
        const arm next = arms_.front();
        arms_.pop_front();
        if (next.depth > options_.depth) continue;
        depth_ = next.depth;
        tracer trace(curve_, options_);
        trace.start_with_tangent(next.u, next.tangent);
        recorder rows = new_recorder();
        branch made = begin_branch(next.label);
        made.first = stop_reason::branch_point;
        rows.add(0, next.u, extras_at(next.u));
        way_.assign(1, next.u);
        const stop_reason end = go(trace, rows);
        // It leaves the window at once, or ends where a branch known before does.
        if (rows.rows() < 2 || end_was_known_) continue;
        finish(rows, made, end);
    }
}

branch sector::begin_branch(const std::string& from) const {
    branch made = new_branch(result_, "equilibrium", from, base());
    made.copies = copies_;
    return made;
}

recorder sector::new_recorder() const {
    static constexpr std::array<std::string_view, 3> extras{"eigenvalue", "stable", "n_unstable"};
    return {curve_.base(), curve_.units(), extras};
}

void sector::finish(recorder& rows, branch& made, stop_reason end) {
    made.last = end;
    rows.finish(made, result_);
    known_.add_branch(std::move(way_));
    way_.clear();
    name_what_was_met();
}

/// Branch points get their labels when the branch is finished; arms and splittings wait for them.
void sector::name_what_was_met() {
    const auto label_at = [&](const VectorXd& u) {
        for (const auto& point : result_.special_points)
            if (point.type == point_type::BP && point.state.size() == x_.size() &&
                (!base().model->cells() || point.groups == base().model->cells()->groups()) &&
                (curve_.units().scale(point.state, point.parameters) - u).norm() < same_point)
                return point.label;
        return std::string{};
    };
    for (auto& met : known_.crossings()) {
        if (!met.label.empty()) continue;
        met.label = label_at(met.u);
        for (const auto& way : met.ways) arms_.push_back({met.label, met.u, way, depth_ + 1});
    }
    for (auto& met : splittings_) {
        met.what.label = label_at(met.u);
        ready_.push_back(std::move(met.what));
    }
    splittings_.clear();
}

/// An EP with its row.
void sector::record_end(recorder& rows, double arc, const VectorXd& u) {
    known_.add_end(u);
    rows.add(arc, u, extras_at(u), point_here(point_type::EP, u));
}

special_point sector::point_here(point_type type, const VectorXd& u) {
    curve_.units().unscale(u, x_, p_);
    auto point = point_at(*base().model, type, x_, p_);
    if (const cell_field* cells = base().model->cells()) point.groups = cells->groups();
    return point;
}

std::array<double, 3> sector::extras_at(const VectorXd& u) {
    VectorXd f(n_);
    static_cast<void>(curve_.linearize(u, f));
    return extras_of_last_evaluation();
}

std::array<double, 3> sector::extras_of_last_evaluation() {
    auto found = curve_.stability_here();
    for (const auto& block :
         blocks_within(*base().model, curve_.state().data(), curve_.parameters().data()))
        if (block.times > 0) count_in(block, found);
    return {found.leading.front().real(), found.n_unstable == 0 ? 1.0 : 0.0,
            static_cast<double>(found.n_unstable)};
}

}  // namespace moebius
