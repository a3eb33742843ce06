// SPDX-License-Identifier: MIT
#include "known_points.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace moebius {

using Eigen::VectorXd;

namespace {

constexpr int most_newton_steps = 8;
constexpr double settled = 1e-3;        // of what tells two points apart: the next step is less
constexpr double slack = 1e-6;          // of a chord, for points at its ends
constexpr double off_chord = 0.1;       // of it, beyond which its curve does not bulge
constexpr double aside_of_chord = 0.5;  // of its length, beyond which a point is not its curve's
constexpr int finer = 16;               // steps in place of one that was too long to tell

/// Whether one coordinate tells that two points are farther apart than that, the parameter first:
/// of thousands of branches nearly all are.
bool are_apart(const VectorXd& a, const VectorXd& b, double reach) {
    for (Eigen::Index k = a.size(); k-- > 0;)
        if (std::abs(a[k] - b[k]) > reach) return true;
    return false;
}

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
        if (step.norm() <= settled * same_point) break;
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
    const double within = same_point * (1 + u.head(u.size() - 1).norm());
    return std::any_of(ends_.begin(), ends_.end(), [&](const VectorXd& end) {
        return !are_apart(end, u, within) && (end - u).norm() < within;
    });
}

void known_points::add_branch(std::vector<VectorXd> points) {
    std::vector<double> lengths;
    for (std::size_t i = 0; i + 1 < points.size(); ++i)
        lengths.push_back((points[i + 1] - points[i]).norm());
    branches_.push_back({std::move(points), std::move(lengths)});
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
    for (const auto& [branch, lengths] : branches_)
        for (std::size_t i = 0; i < lengths.size(); ++i) {
            const double length = lengths[i];
            if (are_apart(u, branch[i], (1 + off_chord + aside_of_chord) * length)) continue;
            along = branch[i + 1] - branch[i];
            const double share = (u - branch[i]).dot(along) / (length * length);
            if (!(share >= -off_chord && share <= 1 + off_chord)) continue;
            foot = branch[i] + share * along;
            if ((u - foot).norm() > aside_of_chord * length) continue;
            const bool inside = share >= -slack && share <= 1 + slack;
            if (inside && leads_to(u, foot, along / length, followed)) return true;
            beside.emplace_back(branch[i], branch[i + 1]);
        }
    return std::any_of(beside.begin(), beside.end(), [&](const auto& chord) {
        return passes(chord.first, chord.second, u, followed) ||
               passes(chord.second, chord.first, u, followed);
    });
}

std::vector<VectorXd> known_points::nearest(const VectorXd& u, double reach) const {
    std::vector<VectorXd> out;
    for (const auto& [branch, lengths] : branches_) {
        std::optional<VectorXd> best;
        double least = reach;
        for (std::size_t i = 0; i < lengths.size();) {
            const double length = lengths[i];
            double skipped = (u - branch[i]).norm() - least;  // so much of the way is too far off
            if (skipped <= length && length > 0) {
                const VectorXd along = branch[i + 1] - branch[i];
                const double share = (u - branch[i]).dot(along) / (length * length);
                const VectorXd foot = branch[i] + std::clamp(share, 0.0, 1.0) * along;
                if (const double away = (u - foot).norm(); away < least) {
                    least = away;
                    best = foot;
                }
            }
            do skipped -= lengths[i++];
            while (i < lengths.size() && skipped > lengths[i]);
        }
        if (best) out.push_back(std::move(*best));
    }
    return out;
}

void known_points::span(VectorXd& low, VectorXd& high) const {
    low = high = branches_.front().points.front();
    for (const auto& [branch, lengths] : branches_)
        for (const VectorXd& u : branch) {
            low = low.cwiseMin(u);
            high = high.cwiseMax(u);
        }
}

}  // namespace moebius
