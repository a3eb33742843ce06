// SPDX-License-Identifier: MIT
#include "nearest_root.hpp"

#include <cmath>
#include <moebius/solve/newton.hpp>

namespace moebius {
namespace {

using Eigen::VectorXd;

constexpr int most_iterations = 50;

/// Of log prod (1 + 1 / |u - r|^2), along the step.
double log_slope(const VectorXd& u, const std::vector<VectorXd>& known, const VectorXd& step) {
    double slope = 0;
    for (const VectorXd& root : known) {
        const double square = (u - root).squaredNorm();
        slope -= 2 * (u - root).dot(step) / (square * (square + 1));
    }
    return slope;
}

}  // namespace

std::optional<VectorXd> nearest_root(curve& of, const VectorXd& start, double bound,
                                     const points_beside& known) {
    const auto n = start.size();
    VectorXd row = generic_vector(n);
    const auto shortest = [&](const VectorXd& u, VectorXd& f, VectorXd& step) {
        f.resize(n - 1);
        if (!of.linearize(u, f)) return outcome::not_finite;
        of.derivative().factor(row);
        VectorXd tangent = VectorXd::Unit(n, n - 1);
        of.derivative().solve_in_place(tangent);
        step.head(n - 1) = f;
        step[n - 1] = 0;
        of.derivative().solve_in_place(step);
        if (!tangent.allFinite() || !step.allFinite()) return outcome::singular_jacobian;
        tangent.normalize();
        step -= tangent.dot(step) * tangent;
        row = tangent;
        // F times a scalar: DF gets a term of rank one, and the step another length
        if (known) step /= 1 + log_slope(u, known(u), step);
        return step.allFinite() ? outcome::converged : outcome::singular_jacobian;
    };
    const newton_options options{.max_iterations = most_iterations, .longest = bound};
    auto end = newton_by_steps(shortest, start, options);
    if (end && known) {  // the factor is gone where it has come to
        const auto nothing = points_beside();
        return nearest_root(of, end.u, bound, nothing);
    }
    if (!end) return std::nullopt;
    return end.u;
}

}  // namespace moebius
