// SPDX-License-Identifier: MIT
#include "known_points.hpp"

#include <algorithm>

namespace moebius {

using Eigen::VectorXd;

namespace {

constexpr int most_newton_steps = 8;
constexpr double slack = 1e-6;  // of a chord, for points at its ends

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
    VectorXd f(u.size() - 1), step(u.size());
    const auto leads_to_u = [&](VectorXd at, const VectorXd& chord) {
        for (int k = 0; k < most_newton_steps; ++k) {
            if (!followed.linearize(at, f)) return false;
            followed.derivative().factor(chord);
            step << f, chord.dot(at - u);
            followed.derivative().solve_in_place(step);
            if (!step.allFinite()) return false;
            at -= step;
        }
        return (at - u).norm() < same_point;
    };
    for (const auto& branch : branches_)
        for (std::size_t i = 0; i + 1 < branch.size(); ++i) {
            const VectorXd along = branch[i + 1] - branch[i];
            const double length = along.norm();
            const double share = (u - branch[i]).dot(along) / (length * length);
            if (!(share >= -slack && share <= 1 + slack)) continue;
            const VectorXd foot = branch[i] + share * along;
            if ((u - foot).norm() > length / 2) continue;
            if (leads_to_u(foot, along / length)) return true;
        }
    return false;
}

}  // namespace moebius
