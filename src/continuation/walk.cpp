// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/continuation/walk.hpp>
#include <utility>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double low = 0, high = scaling::whole;  // of the scaled parameters
constexpr double on_edge_still = 1e-6;            // scaled distance from an edge at a start
constexpr double outwards = 1e-6;     // a tangent's share across the edge; less is rounding
constexpr double torn = 2;            // two points so much farther apart than on a smooth curve
constexpr double narrow = 1e-4;       // share of a step to which a gap is narrowed down
constexpr double rounding = 1e-6;     // scaled distance; next to a crossing Newton's method errs so
constexpr std::size_t few_steps = 4;  // after which a curve may close
constexpr double long_step = 1;       // a twentieth of the window: what lies half-way is looked at
constexpr double aside = 0.1;         // of a step, at most between it and the first point

}  // namespace

/// Halves the step about the change of sign: the two sides must come together as fast.
bool walk_kind::crosses(walk& along) {
    tracer& trace = along.trace();
    const curve_point a = trace.previous(), b = trace.current();
    // The sign may hang on borders that have changed since the step before.
    std::optional<curve_point> left = trace.between(a, b, 0), right = b;
    if (!left || (left->regularity > 0) == (b.regularity > 0)) return true;
    const double length = (b.u - a.u).norm();
    for (double from = 0, to = 1; to - from > narrow && (to - from) * length > rounding;) {
        const double share = (from + to) / 2;
        auto middle = trace.between(a, b, share);
        if (!middle) return true;  // as next to a crossing
        const bool is_left = (middle->regularity > 0) == (left->regularity > 0);
        (is_left ? from : to) = share;
        std::swap(is_left ? left : right, middle);
        if ((right->u - left->u).norm() > torn * (to - from) * length) return false;
    }
    return true;
}

stop_reason walk::go() {
    if (leads_out(trace_.current(), on_edge_still)) return stop_reason::range_end;
    events_.begin(trace_.current());
    kind_.mark(trace_.current(), first_);
    last_ = first_;
    steps_ = 0;
    while (rows_.rows() + 1 < options_.max_points) {
        if (watch_.stopping()) return end(trace_.current(), stop_reason::stopped);
        if (watch_.report) watch_.report(1, 0);
        const auto status = trace_.advance();
        if (status != step_status::accepted)
            return end(trace_.current(), status == step_status::not_finite
                                             ? stop_reason::not_finite
                                             : stop_reason::step_too_small);
        if (!kind_.trusts(*this)) {
            if (trace_.retreat()) continue;
            return end(trace_.current(), stop_reason::step_too_small);
        }
        if (const auto why = kind_.overruns(*this)) return *why;
        const bool left = is_outside(trace_.current().u);
        if (left && !land_on_edge()) {  // a curve may touch the edge: as near to it as steps go
            if (trace_.retreat()) continue;
            return end(trace_.current(), stop_reason::range_end);
        }
        kind_.row(*this, trace_.current(), row_);  // later the curve is linearized elsewhere
        if (jumped()) {
            if (trace_.retreat()) continue;
            return end(trace_.current(), stop_reason::step_too_small);
        }
        if (!kind_.holds(trace_.current())) return stop_reason::singular;
        const bool closes = comes_back();
        if (closes) kind_.row(*this, trace_.current(), row_);
        if (const auto why = keep(left || leads_out(trace_.current(), 0), closes)) return *why;
    }
    return end(trace_.current(), stop_reason::max_points);
}

/// Meets what the last step passed and writes its row.
std::optional<stop_reason> walk::keep(bool on_edge, bool closes) {
    if (const auto why = pass(trace_.current(), on_edge || closes)) return why;
    if (on_edge && kind_.end(*this, arc(), trace_.current())) return stop_reason::range_end;
    rows_.add_row(arc(), row_);
    const auto why = kind_.kept(*this, !on_edge && !closes);
    if (on_edge) return stop_reason::range_end;
    if (closes) return stop_reason::closed;
    if (why) return end(trace_.current(), *why);
    return std::nullopt;
}

std::optional<stop_reason> walk::pass(const curve_point& to, bool last) {
    auto found = events_.look(to, last);
    std::optional<curve_point> stop;
    double stop_arc = 0;
    for (const auto& seen : found) {
        if (seen.type != point_type::EP) continue;
        const auto at = locate(seen);
        if (!at) continue;
        const double reached = seen.arc + (at->u - seen.a.u).norm();
        if (stop && reached >= stop_arc) continue;
        stop = at;
        stop_arc = reached;
    }
    for (auto& seen : found) {
        if (seen.type == point_type::EP) continue;
        if (stop) {  // what remains of the bracket up to there
            if (seen.arc >= stop_arc) continue;
            const auto& value = test(seen).value;
            const double before = value(seen.a);
            if (seen.arc + (seen.b.u - seen.a.u).norm() > stop_arc) seen.b = *stop;
            if ((before > 0) == (value(seen.b) > 0)) continue;
        }
        if (const auto why = kind_.meet(*this, seen)) {
            rows_.end_at_last();  // it may be met one step late, in a dip
            return why;
        }
    }
    if (!stop) return std::nullopt;
    if (!kind_.end(*this, stop_arc, *stop)) {
        kind_.row(*this, *stop, row_);
        rows_.add_row(stop_arc, row_);
    }
    rows_.end_at_last();
    return stop_reason::stop_event;
}

stop_reason walk::end(const curve_point& at, stop_reason why) {
    kind_.end(*this, arc(), at);
    return why;
}

/// Goes back to where the last step crossed the window's edge.
bool walk::land_on_edge() {
    const auto [first, count] = kind_.inside();
    for (Index k = first; k < first + count; ++k) {
        const double p = trace_.current().u[k];
        if (p >= low && p <= high) continue;
        if (!trace_.land(k, p < low ? low : high)) return false;
    }
    return !is_outside(trace_.current().u);
}

bool walk::is_outside(const VectorXd& u) const {
    const auto [first, count] = kind_.inside();
    const auto p = u.segment(first, count);
    return p.minCoeff() < low || p.maxCoeff() > high;
}

/// Whether a point stands on the edge, and the curve goes on outside.
bool walk::leads_out(const curve_point& at, double slack) const {
    const auto [first, count] = kind_.inside();
    for (Index k = first; k < first + count; ++k)
        if ((at.u[k] <= low + slack && at.tangent[k] < -outwards) ||
            (at.u[k] >= high - slack && at.tangent[k] > outwards))
            return true;
    return false;
}

bool walk::jumped() {
    const double before = trace_.previous().regularity, after = trace_.current().regularity;
    if (kind_.strays(*this) || (trace_.step() > long_step && !smooth_between())) return true;
    if (before == 0 || after == 0 || (before > 0) == (after > 0)) return false;
    return !kind_.crosses(*this);
}

/// Whether half-way along a long step the curve is where its ends lead one to expect it.
bool walk::smooth_between() {
    const curve_point &a = trace_.previous(), &b = trace_.current();
    const auto middle = trace_.half_way(a, b);
    if (!middle) return false;
    const double from_a = middle->regularity * a.regularity;
    const double to_b = middle->regularity * b.regularity;
    return (from_a >= 0 || to_b >= 0) &&
           (middle->tangent - a.tangent).norm() <= options_.max_turn &&
           (middle->tangent - b.tangent).norm() <= options_.max_turn;
}

/// Whether the last step passes the first point, the way that it was left; it is cut there then.
bool walk::comes_back() {
    std::swap(before_, last_);
    kind_.mark(trace_.current(), last_);
    const auto along = last_ - before_;
    if (++steps_ == 1) way_ = along;
    if (steps_ <= few_steps || along.dot(way_) <= 0) return false;
    const double share = (first_ - before_).dot(along) / along.squaredNorm();
    if (!(share > 0 && share <= 1) ||
        (before_ + share * along - first_).norm() > aside * along.norm())
        return false;
    static_cast<void>(trace_.cut(share));  // else it goes a little too far
    return true;
}

}  // namespace moebius
