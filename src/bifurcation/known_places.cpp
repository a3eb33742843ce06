// SPDX-License-Identifier: MIT
#include "known_places.hpp"

#include <algorithm>
#include <moebius/solve/newton.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

bool lies_between(const curve_point& a, const curve_point& b, const VectorXd& u) {
    const VectorXd chord = b.u - a.u;
    const double share = (u - a.u).dot(chord) / chord.squaredNorm();
    return share > -1e-3 && share < 1 + 1e-3 && (u - a.u - share * chord).norm() < chord.norm();
}

bool known_places::is_end(const VectorXd& u) const {
    return std::any_of(ends_.begin(), ends_.end(), [&](const VectorXd& end) {
        return (end - u).norm() < same_point * (1 + u.head(u.size() - 1).norm());
    });
}

known_places::crossing& known_places::add_crossing(const VectorXd& u) {
    return crossings_.emplace_back(crossing{"", u, {}});
}

const known_places::crossing* known_places::crossing_at(const VectorXd& u) const {
    for (const auto& met : crossings_)
        if ((met.u - u).norm() < same_point) return &met;
    return nullptr;
}

bool known_places::is_on_branch(const VectorXd& u, const problem& at_value,
                                const scaling& units) const {
    const Index n = u.size() - 1;
    const double unit = units.units()[0];
    const auto equilibrium_near = [&](const VectorXd& guess) {
        Eigen::MatrixXd fp(n, static_cast<Index>(at_value.parameters.size()));
        return newton(
            [&](const VectorXd& x, VectorXd& f, Eigen::MatrixXd& df) {
                at_value.model->linear(x.data(), at_value.parameters.data(), f.data(), df.data(),
                                       fp.data());
            },
            guess * unit);
    };
    for (const auto& branch : branches_)
        for (std::size_t i = 0; i + 1 < branch.size(); ++i) {
            const VectorXd &a = branch[i], &b = branch[i + 1];
            const double length = (b - a).norm(), run = b[n] - a[n];
            if ((a[n] - u[n]) * (b[n] - u[n]) > 0 || (u - a).norm() > 2 * length) continue;
            const double share = run == 0 ? 0 : (u[n] - a[n]) / run;
            const auto found = equilibrium_near((a + share * (b - a)).head(n));
            if (found && (found.u / unit - u.head(n)).norm() < same_point) return true;
        }
    return false;
}

}  // namespace moebius
