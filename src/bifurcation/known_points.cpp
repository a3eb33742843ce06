// SPDX-License-Identifier: MIT
#include "known_points.hpp"

#include <algorithm>
#include <utility>

namespace moebius {

using Eigen::VectorXd;

namespace {

constexpr int most_newton_steps = 8;
constexpr double slack = 1e-6;     // of a chord, for points at its ends
constexpr double off_chord = 0.1;  // of it, beyond which its curve does not bulge
constexpr int finer = 16;          // steps in place of one that was too long to tell

/// Whether Newton's method in the plane through u across a chord goes from the chord's foot to u.
bool leads_to(const VectorXd& u, VectorXd at, const VectorXd& chord, curve& followed) {
    VectorXd f(u.size() - 1), step(u.size());
    for (int k = 0; k < most_newton_steps; ++k) {
        if (!followed.linearize(at, f)) return false;
        followed.derivative().factor(chord);
        step << f, chord.dot(at - u);
        followed.derivative().solve_in_place(step);
        if (!step.allFinite()) return false;
        at -= step;
    }
    return (at - u).norm() < same_point;
}

/// Whether short steps from one point of a branch come to the next one and pass u on the way. If
/// they do not come there the long one was a jump; where they cross several branches it may have
/// missed them, and what is beside it is not known.
bool passes(const VectorXd& from, const VectorXd& to, const VectorXd& u, curve& followed) {
    const VectorXd way = to - from;
    const double length = way.norm();
    tracer trace(followed, {.max_step = length / finer});
    if (!trace.start(from, way)) return false;
    const auto is_in_step = [&](const VectorXd& point) {
        const auto &a = trace.previous(), &b = trace.current();
        const VectorXd along = b.u - a.u;
        const double share = (point - a.u).dot(along) / along.squaredNorm();
        return lies_between(a, b, point) &&
               leads_to(point, a.u + share * along, along.normalized(), followed);
    };
    bool passed = false;
    for (int k = 0, crossed = 0; k < 2 * finer && crossed < 2; ++k) {
        if (trace.advance() != step_status::accepted) return false;
        passed = passed || is_in_step(u);
        crossed += (trace.previous().regularity > 0) != (trace.current().regularity > 0);
        if (crossed < 2 && is_in_step(to)) return passed;
    }
    return false;
}

}  // namespace

bool lies_between(const curve_point& a, const curve_point& b, const VectorXd& u) {
    const VectorXd chord = b.u - a.u;
    const double share = (u - a.u).dot(chord) / chord.squaredNorm();
    return share > -1e-3 && share < 1 + 1e-3 && (u - a.u - share * chord).norm() < chord.norm();
}

bool known_points::is_end(const VectorXd& u) const {
    return std::any_of(ends_.begin(), ends_.end(), [&](const VectorXd& end) {
        return (end - u).norm() < same_point * (1 + u.head(u.size() - 1).norm());
    });
}

known_points::crossing& known_points::add_crossing(const VectorXd& u) {
    return crossings_.emplace_back(crossing{"", u, {}, false, {}});
}

const known_points::crossing* known_points::crossing_at(const VectorXd& u) const {
    for (const auto& met : crossings_)
        if ((met.u - u).norm() < same_point) return &met;
    return nullptr;
}

known_points::crossing& known_points::crossing_made(const VectorXd& u) {
    for (auto& met : crossings_)
        if ((met.u - u).norm() < same_point) return met;
    return add_crossing(u);
}

bool known_points::is_near_crossing(const VectorXd& u, double distance) const {
    return std::any_of(crossings_.begin(), crossings_.end(),
                       [&](const crossing& met) { return (met.u - u).norm() < distance; });
}

bool known_points::is_on_branch(const VectorXd& u, curve& followed) const {
    std::vector<std::pair<VectorXd, VectorXd>> beside;  // chords that it is near to
    VectorXd along(u.size()), foot(u.size());
    for (const auto& branch : branches_)
        for (std::size_t i = 0; i + 1 < branch.size(); ++i) {
            along = branch[i + 1] - branch[i];
            const double length = along.norm();
            const double share = (u - branch[i]).dot(along) / (length * length);
            if (!(share >= -off_chord && share <= 1 + off_chord)) continue;
            foot = branch[i] + share * along;
            if ((u - foot).norm() > length / 2) continue;
            const bool inside = share >= -slack && share <= 1 + slack;
            if (inside && leads_to(u, foot, along / length, followed)) return true;
            beside.emplace_back(branch[i], branch[i + 1]);
        }
    return std::any_of(beside.begin(), beside.end(), [&](const auto& chord) {
        return passes(chord.first, chord.second, u, followed) ||
               passes(chord.second, chord.first, u, followed);
    });
}

}  // namespace moebius
