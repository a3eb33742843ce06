// SPDX-License-Identifier: MIT
#include "sector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
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
constexpr double equal = 1e-7;                    // state scales within which groups agree
constexpr double near = 0.1;        // scaled distance within which a root may be a crossing's
constexpr double no_branch = 1e-4;  // scaled length up to which a way out leads nowhere
constexpr double at_a_fold = 0.02;  // of the scaled parameter, by which a fold's start may be off
constexpr double as_given = 1e-13;  // scaled distance from the parameter of a start: rounding

}  // namespace

sector::sector(const problem& first, const problem& base, const parameter_range& range,
               const continuation_options& options, double copies, diagram& result,
               const watch& progress)
    : first_(first),
      curve_(base, range),
      range_(range),
      options_(options),
      copies_(copies),
      result_(result),
      watch_(progress),
      n_(curve_.unknowns() - 1),
      x_(base.model->dimension()),
      p_(base.parameters) {
    const cell_field* cells = base.model->cells();
    if (cells) pairs_ = joinable(first.model->cells()->groups(), cells->groups());
    for (std::size_t k = 0; k < pairs_.size(); ++k) watched_.push_back({watched::join, k});
    watched_.push_back({watched::crossing, 0});
    watched_.push_back({watched::turn, 0});
    // Diagonal plus low rank, as loads that respond to scores alone, has real eigenvalues.
    if (n_ > 1 && !curve_.terms().is_structured()) watched_.push_back({watched::oscillation, 0});
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
    for (const auto& x : find_equilibria(at_value, &result_.search, watch_)) {
        if (watch_.stopping()) throw interrupted("diagram");
        consider(view(x), value);
    }
}

void sector::consider(std::span<const double> x, double value) {
    auto p = base().parameters;
    p[curve_.units().free()[0]] = value;
    VectorXd u = curve_.units().scale(x, p);
    if (!pairs_.empty()) {
        if (is_coarser(u)) return;
        u = curve_.units().scale(standard_form(first_, base().model->cells()->groups(), x).x, p);
    }
    const auto is_here = [&](const VectorXd& other) { return (other - u).norm() < same_point; };
    if (std::any_of(considered_.begin(), considered_.end(), is_here)) return;
    considered_.push_back(u);
    ++result_.search.states;
    if (known_.is_end(u) || known_.is_on_branch(u, curve_)) return;
    if (known_.is_near_crossing(u, near)) {  // where roots are multiple they are less precise
        const auto found = find_branch_point(curve_, u);
        if (found && known_.crossing_at(found->u)) return;
    }
    if (!follow_from(u, u[n_] == low ? 1 : u[n_] == high ? -1 : 0, "")) record_lone(u);
}

/// Of the first states of two groups.
double sector::apart(const VectorXd& u, const group_pair& pair) const {
    return u[static_cast<Index>(pair.i)] - u[static_cast<Index>(pair.j)];
}

bool sector::is_coarser(const VectorXd& u) const {
    return std::any_of(pairs_.begin(), pairs_.end(),
                       [&](const group_pair& pair) { return std::abs(apart(u, pair)) < equal; });
}

/// Gives these groups their mean.
void sector::equalise(VectorXd& u, const std::vector<std::size_t>& groups) const {
    const auto count = static_cast<Index>(base().model->cells()->groups().size());
    for (Index kind = 0; kind < n_; kind += count) {
        double mean = 0;
        for (const std::size_t g : groups)
            mean += u[kind + static_cast<Index>(g)] / static_cast<double>(groups.size());
        for (const std::size_t g : groups) u[kind + static_cast<Index>(g)] = mean;
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

void sector::leave(const parting& from) {
    auto p = base().parameters;
    p[curve_.units().free()[0]] = from.parameter;
    VectorXd u = curve_.units().scale(from.state, p);
    VectorXd across = VectorXd::Zero(n_ + 1);
    const group_pair pair{from.groups[0], from.groups[1]};
    if (from.along.empty()) {
        const auto found = find_branch_point(curve_, u);
        if (!found || (found->u - u).norm() > 1e-3) return;
        u = found->u;
        // The coarse branch keeps the halves of the group alike; the way across parts them.
        across = found->tangents[0];
        if (std::abs(apart(found->tangents[1], pair)) > std::abs(apart(across, pair)))
            across = found->tangents[1];
        if (apart(across, pair) < 0) across = -across;  // the first half wins
    } else {
        const auto count = static_cast<Index>(base().model->cells()->groups().size());
        if (n_ != count) return;  // the rates are those of one state a cell
        for (std::size_t k = 0; k < from.groups.size(); ++k)
            across[static_cast<Index>(from.groups[k])] = from.along[k];
        across.normalize();
    }
    equalise(u, from.groups);
    auto& known = known_.crossing_made(u);
    if (known.left) return;
    known.left = true;
    known.label = from.label;
    for (const int sign : {1, -1}) {
        if (sign < 0 && from.one_way) break;
        const bool came = std::find(known.sides.begin(), known.sides.end(),
                                    apart(across, pair) * sign > 0 ? 1 : -1) != known.sides.end();
        if (!came) arms_.push_back({from.label, u, sign * across, from.depth + 1, {}});
    }
    follow_arms();
}

std::vector<splitting> sector::take_splittings() { return std::exchange(ready_, {}); }

std::vector<sector::joint> sector::take_joints() { return std::exchange(joints_, {}); }

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
    if (known_.crossing_at(found->u)) return true;
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
    known_.add_crossing(found->u).label = from;
    for (const auto& way : {found->tangents[0], found->tangents[1]})
        for (const double sign : {1.0, -1.0})
            arms_.push_back({from, found->u, sign * way, depth_, found->point});
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
        if (watch_.stopping()) throw interrupted("diagram");
        arm next = arms_.front();
        arms_.pop_front();
        if (next.depth > options_.depth) continue;
        depth_ = next.depth;
        tracer trace(curve_, options_);
        trace.start_with_tangent(next.u, next.tangent);
        recorder rows = new_recorder();
        branch made = begin_branch(next.label);
        made.first = stop_reason::branch_point;
        if (next.standing) {
            auto point = *next.standing;
            if (const cell_field* cells = base().model->cells()) point.groups = cells->groups();
            rows.add(0, next.u, extras_at(next.u), std::move(point));
        } else {
            rows.add(0, next.u, extras_at(next.u));
        }
        way_.assign(1, next.u);
        const std::size_t first_point = result_.special_points.size();
        const stop_reason end = go(trace, rows);
        // It leaves the window at once, or ends where a branch known before does.
        if (rows.rows() < 2 || end_was_known_ || leads_nowhere(end)) {
            splittings_.clear();
            continue;
        }
        finish(rows, made, end);
        if (!next.standing) continue;
        for (auto& other : arms_)  // the point has its row and its label now
            if ((other.u - next.u).norm() < same_point) {
                other.standing.reset();
                other.label = result_.special_points[first_point].label;
            }
    }
}

/// Whether a way out of a branch point on the window's edge led outside.
bool sector::leads_nowhere(stop_reason end) const {
    return end == stop_reason::range_end && (way_.back() - way_.front()).norm() < no_branch;
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
        for (const auto& way : met.ways) arms_.push_back({met.label, met.u, way, depth_ + 1, {}});
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
    split_at_end(u, arc, rows);
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
    for (const auto& block : blocks_within(*base().model, curve_.state(), curve_.parameters()))
        if (block.times > 0) count_in(block, found);
    return {found.leading.front().real(), found.n_unstable == 0 ? 1.0 : 0.0,
            static_cast<double>(found.n_unstable)};
}

}  // namespace moebius
