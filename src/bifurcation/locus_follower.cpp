// SPDX-License-Identifier: MIT
#include "locus_follower.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/solve/dense.hpp>
#include <utility>

#include "known_points.hpp"

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double same_rate = 0.2;      // share within which two rates at one place are one
constexpr double near_start = 0.1;     // scaled distance that a start may have from its curve
constexpr double almost_there = 1e-3;  // of the way to an end, where tests are looked at once more
constexpr int most_corrections = 20;
constexpr double converged = 1e-9;      // a step this short is rounding once it shrinks no more
constexpr double vanished = 1e-3;       // of a test's values at the ends of a step
constexpr double crossing_rank = 1e-6;  // singular values below this share belong to a crossing

}  // namespace

void locus_follower::way::add(const bifurcation_curve& of, const VectorXd& u) {
    points.push_back(u.head(of.units().units().size()));
    rates.push_back(of.rate(u));
}

/// Points of a smooth curve stray from the chord by at most an eighth of its length times the turn
/// along it.
bool locus_follower::way::passes(const VectorXd& u, double rate, double max_turn) const {
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        const VectorXd chord = points[i + 1] - points[i];
        const double length = chord.norm();
        if ((u - points[i]).norm() > 2 * length + same_point) continue;
        const double share =
            length > 0 ? std::clamp((u - points[i]).dot(chord) / (length * length), 0., 1.) : 0;
        if ((points[i] + share * chord - u).norm() > length * max_turn / 8 + same_point) continue;
        const double a = rates[i], b = rates[i + 1];
        if (std::abs(std::lerp(a, b, share) - rate) <= same_rate * std::max({a, b, rate}))
            return true;
    }
    return false;
}

/// Puts the tracer on the curve near the start.
bool locus_follower::stand_on(tracer& ahead, const special_point& start) {
    const VectorXd guess = curve_.start(start);
    // nor so far that no distance from there is a number
    if (guess.size() == 0 || !std::isfinite(guess.norm())) return false;
    const auto ends = curve_.natural_ends();
    const auto end = std::find_if(ends.begin(), ends.end(),
                                  [&](const auto& one) { return one.type == start.type; });
    const bool at_end = end != ends.end();
    const Index towards = at_end ? end->coordinate : first_;
    const double sign = at_end ? end->sign : 1;
    // Where two curves cross, a tangent that is found all the same is one of rounding.
    const bool starts = ahead.start(guess, sign * VectorXd::Unit(guess.size(), towards));
    const curve_point& found = ahead.current();
    if (!starts || (at_end && (std::abs(found.regularity) < crossing_rank ||
                               (found.u - guess).norm() > crossing_rank))) {
        const VectorXd tangent = curve_.crossing_tangent(guess);
        if (tangent.size() == 0 || !tangent.allFinite()) return false;
        ahead.start_with_tangent(guess, sign * tangent[towards] < 0 ? VectorXd(-tangent) : tangent);
    }
    if (!((ahead.current().u - guess).norm() <= near_start)) return false;
    if (start.type == curve_.type() || at_end) return true;
    if (leads_out(ahead.current())) ahead.start_back(curve_point(ahead.current()));
    // On a special point itself no sign changes: one step on, it lies behind and is found.
    return ahead.advance() == step_status::accepted;
}

/// Whether a point stands on the window's edge, and the way on lies outside.
bool locus_follower::leads_out(const curve_point& at) const {
    for (const Index k : {first_, first_ + 1})
        if ((at.u[k] < same_point && at.tangent[k] < 0) ||
            (at.u[k] > scaling::whole - same_point && at.tangent[k] > 0))
            return true;
    return false;
}

bool locus_follower::follow(const special_point& start, const std::string& from) {
    if (watch_.stopping()) throw interrupted("locus");
    tracer ahead(curve_, options_);
    if (!stand_on(ahead, start)) return false;
    const curve_point first = ahead.current();
    const auto p = first.u.segment(first_, 2);
    if (p.minCoeff() < -same_point || p.maxCoeff() > scaling::whole + same_point) return false;
    for (const auto& travelled : known_)
        if (travelled.passes(first.u.head(curve_.units().units().size()), curve_.rate(first.u),
                             options_.max_turn))
            return true;
    recorder rows(curve_.base(), curve_.units(), curve_.column_names());
    branch made = new_branch(result_, curve_.kind(), from, curve_.base());
    rows.add(0, first.u, curve_.columns(first.u));
    tracer back(curve_, options_);
    back.start_back(first);
    travelled_ = {};
    made.first = go(back, rows);
    rows.turn_back();
    std::reverse(travelled_.points.begin(), travelled_.points.end());
    std::reverse(travelled_.rates.begin(), travelled_.rates.end());
    travelled_.add(curve_, first.u);
    made.last = made.first == stop_reason::closed ? stop_reason::closed : go(ahead, rows);
    known_.push_back(std::move(travelled_));
    if (rows.rows() > 1) rows.finish(std::move(made), result_);
    return true;
}

stop_reason locus_follower::go(tracer& trace, recorder& rows) {
    const auto& [u, tangent, regularity] = trace.current();
    for (const auto& end : curve_.natural_ends())
        if (end.height(u) < same_point && end.sign * tangent[end.coordinate] < 0)
            return stop_reason::branch_point;
    return walk(*this, trace, rows, options_, watch_).go();
}

std::vector<test_function> locus_follower::tests() {
    auto tests = curve_.tests();
    if (options_.stop_at)
        tests.push_back({point_type::EP, [this](const curve_point& at) {
                             std::vector<double> x = curve_.state(), p = curve_.base().parameters;
                             curve_.units().unscale(at.u, x, p);
                             return options_.stop_at(x, p);
                         }});
    return tests;
}

void locus_follower::row(const walk& along, const curve_point& at, std::vector<double>& to) {
    along.rows().row(at.u, curve_.columns(at.u), to);
}

std::optional<stop_reason> locus_follower::kept(walk& along, bool goes_on) {
    const VectorXd& u = along.trace().current().u;
    travelled_.add(curve_, u);
    if (goes_on) curve_.adapt(u);
    return std::nullopt;
}

/// The point of the curve at a natural end, near u. The curve may cross another one there: the
/// direction in which the system is singular is then left alone.
std::optional<VectorXd> locus_follower::end_near(const bifurcation_curve::end& end, VectorXd u) {
    const Index size = u.size();
    VectorXd f(size - 1), full(size);
    Eigen::MatrixXd df(size - 1, size), bordered(size, size);
    double last = std::numeric_limits<double>::infinity();
    for (int iteration = 0; iteration < most_corrections; ++iteration) {
        curve_.evaluate(u, f, df);
        full << f, end.height(u);
        bordered << df, end.sign * VectorXd::Unit(size, end.coordinate).transpose();
        if (!bordered.allFinite()) return std::nullopt;
        const VectorXd step = least_squares(bordered, full, crossing_rank);
        u -= step;
        const double moved = step.norm();
        if (moved <= converged && moved >= last / 2) return u;
        last = moved;
    }
    return std::nullopt;
}

std::optional<stop_reason> locus_follower::overruns(walk& along) {
    for (const auto& end : curve_.natural_ends())
        if (end.height(along.trace().current().u) < 0) return reaches(end, along);
    return left_box(along);
}

/// Beyond a natural end: notes what lies before it and the end itself, unless the window's edge
/// comes first.
std::optional<stop_reason> locus_follower::reaches(const bifurcation_curve::end& end, walk& along) {
    tracer& trace = along.trace();
    const auto height = [&end](const curve_point& at) { return end.height(at.u); };
    const curve_point before = trace.previous(), beyond = trace.current();
    const double share = height(before) / (height(before) - height(beyond));
    auto u = end_near(end, before.u + share * (beyond.u - before.u));
    if (u)
        if (const auto refined = curve_.refined_end(*u)) u = refined;
    if (!u) return stop_reason::step_too_small;
    if (along.is_outside(*u)) return std::nullopt;
    const auto close = trace.locate(before, beyond, [&](const curve_point& at) {
        return height(at) - almost_there * height(before);
    });
    if (close) along.pass(*close);
    const double arc = along.arc() + (*u - (close ? *close : before).u).norm();
    auto point = curve_.described(end.type, *u);
    if (!point) return stop_reason::step_too_small;
    along.rows().add(arc, *u, curve_.columns(*u), std::move(*point));
    travelled_.add(curve_, *u);
    return stop_reason::branch_point;
}

/// Whether states, or what stands behind the parameters, have grown beyond what is followed.
std::optional<stop_reason> locus_follower::left_box(walk& along) const {
    VectorXd u = along.trace().current().u;
    if (along.is_outside(u)) return std::nullopt;
    u.segment(first_, 2).setZero();
    if (u.lpNorm<Eigen::Infinity>() <= options_.max_state) return std::nullopt;
    return stop_reason::left_box;
}

std::optional<stop_reason> locus_follower::meet(walk& along, const bracket& seen) {
    const auto at = along.locate(seen);
    if (!at) return std::nullopt;
    const auto& value = along.test(seen).value;
    const double left = std::abs(value(*at)),
                 ends = std::max(std::abs(value(seen.a)), std::abs(value(seen.b)));
    if (left > vanished * ends) return std::nullopt;  // it jumps, or is rounding, as far out
    if (auto point = curve_.described(seen.type, at->u))
        along.rows().add(seen.arc + (at->u - seen.a.u).norm(), at->u, curve_.columns(at->u),
                         std::move(*point));
    return std::nullopt;
}

}  // namespace moebius
