// SPDX-License-Identifier: MIT
#include "locus_follower.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/model/cell_field.hpp>
#include <utility>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double low = 0, high = scaling::whole;  // of the scaled parameters
constexpr double same_point = 1e-6;               // scaled distance within which two points are one
constexpr double near_start = 0.1;     // scaled distance that a start may have from its curve
constexpr double almost_there = 1e-3;  // of the way to an end, where tests are looked at once more
constexpr int most_corrections = 20;
constexpr double converged = 1e-9;      // a step this short is rounding once it shrinks no more
constexpr double crossing_rank = 1e-6;  // singular values below this share belong to a crossing
constexpr std::size_t watch_every = 256;

}  // namespace

/// Points of a smooth curve stray from the chord by at most an eighth of its length times the turn
/// along it.
bool locus_follower::way::passes(const VectorXd& u, double max_turn) const {
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        const VectorXd chord = points[i + 1] - points[i];
        const double length = chord.norm();
        if ((u - points[i]).norm() > 2 * length + same_point) continue;
        const double share =
            length > 0 ? std::clamp((u - points[i]).dot(chord) / (length * length), 0., 1.) : 0;
        if ((points[i] + share * chord - u).norm() <= length * max_turn / 8 + same_point)
            return true;
    }
    return false;
}

/// Puts the tracer on the curve near the start.
bool locus_follower::stand_on(tracer& ahead, const special_point& start) {
    const VectorXd guess = curve_.start(start);
    const auto end = curve_.natural_end();
    const bool at_end = end && end->type == start.type;
    const Index towards = at_end ? end->coordinate : first_;
    if (!ahead.start(guess, VectorXd::Unit(guess.size(), towards))) {
        const VectorXd tangent = curve_.crossing_tangent(guess);
        if (tangent.size() == 0 || !tangent.allFinite()) return false;
        ahead.start_with_tangent(guess, tangent[towards] < 0 ? VectorXd(-tangent) : tangent);
    }
    if ((ahead.current().u - guess).norm() > near_start) return false;
    // On a special point itself no sign changes: one step on, it lies behind and is found.
    return start.type == curve_.type() || at_end || ahead.advance() == step_status::accepted;
}

bool locus_follower::follow(const special_point& start, const std::string& from) {
    tracer ahead(curve_, options_);
    if (!stand_on(ahead, start)) return false;
    const curve_point first = ahead.current();
    for (const auto& travelled : known_)
        if (travelled.passes(first.u, options_.max_turn)) return true;
    recorder rows(curve_.base(), curve_.units(), curve_.column_names());
    way travelled;
    branch made;
    made.id = static_cast<int>(result_.branches.size()) + 1;
    made.kind = curve_.kind();
    made.from = from;
    if (const auto* cells = curve_.base().model->cells()) made.groups = cells->groups();
    rows.add(0, first.u, curve_.columns(first.u));
    tracer back(curve_, options_);
    back.start_with_tangent(first.u, -first.tangent);
    made.first = go(back, rows, travelled);
    rows.turn_back();
    std::reverse(travelled.points.begin(), travelled.points.end());
    travelled.points.push_back(first.u);
    made.last =
        made.first == stop_reason::closed ? stop_reason::closed : go(ahead, rows, travelled);
    known_.push_back(std::move(travelled));
    if (rows.rows() > 1) rows.finish(std::move(made), result_);
    return true;
}

stop_reason locus_follower::go(tracer& trace, recorder& rows, way& travelled) {
    const auto out = leads_out(trace.current());
    return out ? *out : run(trace, rows, travelled);
}

stop_reason locus_follower::run(tracer& trace, recorder& rows, way& travelled) {
    event_finder events(trace, curve_.tests());
    events.begin(trace.current());
    const VectorXd first = trace.current().u;
    for (std::size_t steps = 1; steps < options_.max_points; ++steps) {
        if (steps % watch_every == 0 && watch_.stopping()) throw interrupted("locus");
        const auto status = trace.advance();
        if (status == step_status::not_finite) return stop_reason::not_finite;
        if (status == step_status::too_small) return stop_reason::step_too_small;
        if (is_beyond_end(trace.current().u))
            if (const auto reason = reach_end(trace, events, rows, travelled)) return *reason;
        const bool left = is_outside(trace.current().u);
        if (left && !land_on_edge(trace)) {
            // A curve may touch the edge, at a cusp: end as near to it as steps go.
            if (trace.retreat()) continue;
            return stop_reason::range_end;
        }
        const VectorXd here = trace.current().u;
        if (!curve_.holds_at(here)) return stop_reason::singular;
        for (const auto& seen : events.look(trace.current())) note(seen, events, trace, rows);
        rows.add(events.arc(), here, curve_.columns(here));
        travelled.points.push_back(here);
        if (left) return stop_reason::range_end;
        curve_.adapt(here);
        if (steps > 4 && (here - first).norm() < trace.step()) return stop_reason::closed;
    }
    return stop_reason::max_points;
}

/// The point of the curve at its natural end, near u. The curve may cross another one there: the
/// direction in which the system is singular is then left alone.
std::optional<VectorXd> locus_follower::end_near(VectorXd u) {
    const Index size = u.size(), coordinate = curve_.natural_end()->coordinate;
    VectorXd f(size - 1), full(size);
    Eigen::MatrixXd df(size - 1, size), bordered(size, size);
    double last = std::numeric_limits<double>::infinity();
    for (int iteration = 0; iteration < most_corrections; ++iteration) {
        curve_.evaluate(u, f, df);
        full << f, u[coordinate];
        bordered << df, VectorXd::Unit(size, coordinate).transpose();
        if (!bordered.allFinite()) return std::nullopt;
        Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver;
        solver.setThreshold(crossing_rank);
        const VectorXd step = solver.compute(bordered).solve(full);
        u -= step;
        const double moved = step.norm();
        if (moved <= converged && moved >= last / 2) return u;
        last = moved;
    }
    return std::nullopt;
}

/// The last step went beyond the natural end: notes what lies before it and the end itself.
/// @return why the curve ends; nothing if the window's edge comes first
std::optional<stop_reason> locus_follower::reach_end(tracer& trace, event_finder& events,
                                                     recorder& rows, way& travelled) {
    const auto end = *curve_.natural_end();
    const auto height = [&end](const curve_point& at) { return at.u[end.coordinate]; };
    const curve_point before = trace.previous(), beyond = trace.current();
    const double share = height(before) / (height(before) - height(beyond));
    const auto u = end_near(before.u + share * (beyond.u - before.u));
    if (!u) return stop_reason::step_too_small;
    if (is_outside(*u)) return std::nullopt;
    const auto close = trace.locate(before, beyond, [&](const curve_point& at) {
        return height(at) - almost_there * height(before);
    });
    if (close)
        for (const auto& seen : events.look(*close)) note(seen, events, trace, rows);
    const double arc = events.arc() + (*u - (close ? *close : before).u).norm();
    auto point = curve_.described(end.type, *u);
    if (!point) return stop_reason::step_too_small;
    rows.add(arc, *u, curve_.columns(*u), std::move(*point));
    travelled.points.push_back(*u);
    return stop_reason::branch_point;
}

void locus_follower::note(const bracket& seen, const event_finder& events, tracer& trace,
                          recorder& rows) {
    const auto at = trace.locate(seen.a, seen.b, events.test(seen.test).value);
    if (!at) return;
    auto point = curve_.described(seen.type, at->u);
    if (!point) return;
    rows.add(seen.arc + (at->u - seen.a.u).norm(), at->u, curve_.columns(at->u), std::move(*point));
}

/// Goes back to where the last step crossed the window's edge.
bool locus_follower::land_on_edge(tracer& trace) {
    for (Index k = first_; k < first_ + 2; ++k) {
        const double p = trace.current().u[k];
        if (p >= low && p <= high) continue;
        if (!trace.land(k, p < low ? low : high)) return false;
    }
    return !is_outside(trace.current().u);
}

bool locus_follower::is_outside(const VectorXd& u) const {
    const auto p = u.segment(first_, 2);
    return p.minCoeff() < low || p.maxCoeff() > high;
}

bool locus_follower::is_beyond_end(const VectorXd& u) const {
    const auto end = curve_.natural_end();
    return end && u[end->coordinate] < 0;
}

/// Why there is nothing to follow from an end or an edge outwards.
std::optional<stop_reason> locus_follower::leads_out(const curve_point& at) const {
    for (Index k = first_; k < first_ + 2; ++k)
        if ((at.u[k] <= low && at.tangent[k] < 0) || (at.u[k] >= high && at.tangent[k] > 0))
            return stop_reason::range_end;
    const auto end = curve_.natural_end();
    if (end && at.u[end->coordinate] < same_point && at.tangent[end->coordinate] < 0)
        return stop_reason::branch_point;
    return std::nullopt;
}

}  // namespace moebius
