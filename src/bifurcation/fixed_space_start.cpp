// SPDX-License-Identifier: MIT
// From where branches are followed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/model/cell_field.hpp>
#include <tuple>
#include <utility>

#include "fixed_space.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double low = 0, high = scaling::whole;  // of the scaled parameter
constexpr double equal = 1e-7;                    // state scales within which groups agree
constexpr double near_root = 0.1;   // scaled distance within which a root may be a crossing's
constexpr double at_a_fold = 0.02;  // of the scaled parameter, by which a fold's start may be off
constexpr double touching = 1e-5;   // scaled length of a branch that only touches the edge
constexpr double as_given = 1e-13;  // scaled distance from the parameter of a start: rounding

}  // namespace

void fixed_space::search(double value) {
    problem at_value = curve_.base();
    at_value.parameters[curve_.units().free()[0]] = value;
    for (const auto& x : find_equilibria(at_value, &result_.search, watch_)) {
        if (watch_.stopping()) throw interrupted("diagram");
        consider(view(x), value);
    }
}

void fixed_space::consider(std::span<const double> x, double value) {
    auto p = base().parameters;
    p[curve_.units().free()[0]] = value;
    VectorXd u = curve_.units().scale(x, p);
    if (!pairs_.empty()) {
        if (is_coarser(u, equal)) return;
        u = curve_.units().scale(standard_form(first_, base().model->cells()->groups(), x).x, p);
    }
    const auto is_here = [&](const VectorXd& other) { return (other - u).norm() < same_point; };
    if (std::any_of(considered_.begin(), considered_.end(), is_here)) return;
    considered_.push_back(u);
    ++result_.search.states;
    if (known_.is_end(u) || joint_on_edge(u) || known_.is_on_branch(u, curve_)) return;
    if (known_.is_near_crossing(u, near_root)) {  // where roots are multiple they are less precise
        const auto found = find_branch_point(curve_, u);
        if (found && known_.crossing_at(found->u)) return;
    }
    if (follow_from(u, u[n_] == low ? 1 : u[n_] == high ? -1 : 0, "")) return;
    if (!is_coarser(u, at_a_multiple_root)) lone_.push_back(u);
}

/// Of the first states of two groups.
double fixed_space::apart(const VectorXd& u, const group_pair& pair) const {
    return u[static_cast<Index>(pair.i)] - u[static_cast<Index>(pair.j)];
}

bool fixed_space::is_coarser(const VectorXd& u, double within) const {
    return std::any_of(pairs_.begin(), pairs_.end(),
                       [&](const group_pair& pair) { return std::abs(apart(u, pair)) < within; });
}

/// Gives these groups their mean.
void fixed_space::equalise(VectorXd& u, const std::vector<std::size_t>& groups) const {
    const auto count = static_cast<Index>(base().model->cells()->groups().size());
    for (Index kind = 0; kind < n_; kind += count) {
        double mean = 0;
        for (const std::size_t g : groups)
            mean += u[kind + static_cast<Index>(g)] / static_cast<double>(groups.size());
        for (const std::size_t g : groups) u[kind + static_cast<Index>(g)] = mean;
    }
}

void fixed_space::through(const special_point& start) {
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

/// Ways that leave a branch point, and are not followed.
void fixed_space::lose(const parting& from) { result_.search.lost += from.one_way ? 1 : 2; }

void fixed_space::leave(const parting& from) {
    auto p = base().parameters;
    p[curve_.units().free()[0]] = from.parameter;
    VectorXd u = curve_.units().scale(from.state, p);
    VectorXd across = VectorXd::Zero(n_ + 1);
    const group_pair pair{from.groups[0], from.groups[1]};
    if (from.along.empty()) {
        const auto found = find_branch_point(curve_, u);
        if (!found || (found->u - u).norm() > 1e-3) return lose(from);
        u = found->u;
        // The coarse branch keeps the halves of the group alike; the way across parts them.
        across = found->tangents[0];
        if (std::abs(apart(found->tangents[1], pair)) > std::abs(apart(across, pair)))
            across = found->tangents[1];
        if (apart(across, pair) < 0) across = -across;  // the first half wins
    } else {
        const auto count = static_cast<Index>(base().model->cells()->groups().size());
        for (std::size_t kind = 0; kind < from.kernel.size(); ++kind)
            for (std::size_t k = 0; k < from.groups.size(); ++k)
                across[static_cast<Index>(kind) * count + static_cast<Index>(from.groups[k])] =
                    from.kernel[kind] * from.along[k];
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

std::vector<splitting> fixed_space::take_splittings() { return std::exchange(ready_, {}); }

std::vector<fixed_space::joint> fixed_space::take_joints() { return std::exchange(joints_, {}); }

/// Follows the branch through u: one way if `sign` says where the parameter must go, else both.
/// @param labelled  u is a special point
/// @return false if there is no branch near u, or no unique one that can be told
bool fixed_space::follow_from(const VectorXd& u, int sign, const std::string& from, bool labelled) {
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
bool fixed_space::stand_on(tracer& ahead, const VectorXd& u, int sign) {
    const VectorXd direction = VectorXd::Unit(n_ + 1, n_) * (sign == 0 ? 1 : sign);
    if (ahead.start(u, direction) && std::abs(ahead.current().u[n_] - u[n_]) < as_given)
        return true;
    if (ahead.start_at(u, n_, sign)) return true;
    return ahead.start(u, direction) && std::abs(ahead.current().u[n_] - u[n_]) < at_a_fold;
}

/// Whether all that stands on a branch but its ends is known from others.
bool fixed_space::has_known_points(recorder& rows) const {
    const auto place = [&](const special_point& point) {
        return curve_.units().scale(point.state, point.parameters);
    };
    const auto groups = base().model->cells() ? base().model->cells()->groups() : grouping{};
    const auto known = [&](const special_point& point) {
        return point.type == point_type::EP ||
               std::any_of(result_.special_points.begin(), result_.special_points.end(),
                           [&](const special_point& other) {
                               return other.type == point.type && other.groups == groups &&
                                      (place(other) - place(point)).norm() < same_point;
                           });
    };
    const auto points = rows.points();
    return std::all_of(points.begin(), points.end(), known);
}

/// From where the tracer stands. A branch that ends where one known before does, and tells nothing
/// else, is that one, whose steps were too long to tell.
void fixed_space::follow_both(tracer& trace, int sign, const std::string& from) {
    const curve_point first = trace.current();
    const bool both = sign == 0 || std::abs(first.tangent[n_]) < same_point;
    recorder rows = new_recorder();
    branch made = begin_branch(from);
    if (sign == 0) {
        rows.add(0, first.u, extras_at(first.u));
    } else {
        record_end(rows, 0, first.u);
        rows.turn_back();  // the end comes before what else stands there
    }
    made.first = stop_reason::range_end;
    bool copy = false;
    way_.clear();
    if (both) {
        tracer back(curve_, options_);
        back.start_back(first);
        made.first = go(back, rows);
        copy = sign == 0 && end_was_known_;
        rows.turn_back();
        std::reverse(way_.begin(), way_.end());
    }
    way_.push_back(first.u);
    const stop_reason end =
        made.first == stop_reason::closed ? stop_reason::closed : go(trace, rows);
    copy |= sign == 0 && end != stop_reason::closed && end_was_known_;
    const auto is_here = [&](const VectorXd& u) { return (u - first.u).norm() < touching; };
    if (both && sign != 0 && made.first == stop_reason::range_end &&
        end == stop_reason::range_end && std::all_of(way_.begin(), way_.end(), is_here)) {
        splittings_.clear();
        way_.clear();
        record_lone(first.u);  // a fold on the window's edge, whose branch is outside
    } else if (copy && has_known_points(rows))
        splittings_.clear();
    else
        finish(rows, made, end);
    follow_arms();
}

/// u has no unique tangent: if it is a branch point, all ways out of it are followed.
bool fixed_space::follow_from_singular(const VectorXd& u, const std::string& from) {
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

void fixed_space::record_lone() {
    for (const VectorXd& u : std::exchange(lone_, {}))
        if (!known_.is_end(u) && !known_.is_on_branch(u, curve_)) record_lone(u);
}

void fixed_space::record_lone(const VectorXd& u) {
    recorder rows = new_recorder();
    branch made = begin_branch("");
    made.first = made.last = stop_reason::singular;
    record_end(rows, 0, u);
    rows.finish(std::move(made), result_);
}

}  // namespace moebius
