// SPDX-License-Identifier: MIT
#include "homoclinic_predictor.hpp"

#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>

#include "jordan_chains.hpp"

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double half_time = 7;  // of e t: ends are 24 exp(-2 half_time) / 6 of the size off
constexpr Index predicted_intervals = 40, predicted_degree = 4;
constexpr double no_coefficient = 1e-10;  // a, b and the unfolding against their terms

/// The unfolding of a Bogdanov-Takens point: x = x0 + q0 w0 + q1 w1 + h b2 and
/// p = p0 + s b1 + k b2 + l b2^2.
struct unfolding {
    VectorXd q0, q1, h, s, k, l;
    double a, b;
};

/// x across q0 with f_x x = b.
VectorXd solved_beside(const MatrixXd& fx, const jordan_chains& chain, const VectorXd& b) {
    const Index n = b.size();
    MatrixXd bordered(n + 1, n + 1);
    bordered << fx, chain.p1, chain.q0.transpose(), 0;
    VectorXd right(n + 1);
    right << b, 0;
    return full_lu<double>(bordered).solve(right).head(n);
}

std::optional<unfolding> unfolded_at(const problem& at, std::span<const double> state,
                                     const std::vector<std::size_t>& free) {
    const auto n = std::ssize(state);
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, 2);
    at.model->linear_in(state, at.parameters, free, view(f), view(fx), view(fp));
    const jordan_chains chain(fx);
    const multilinear forms(*at.model, state, at.parameters, free);
    const auto with = [n](const VectorXd& x, const VectorXd& p) {
        VectorXd both(n + 2);
        both << x, p;
        return both;
    };
    const VectorXd none = VectorXd::Zero(2);
    const VectorXd q0 = with(chain.q0, none), q1 = with(chain.q1, none);
    const VectorXd b00 = forms.second(q0);
    unfolding found{chain.q0, chain.q1, {}, {}, {}, {}, chain.p1.dot(b00) / 2, 0};
    found.b = chain.p0.dot(b00) + chain.p1.dot(forms.second(q0, q1));
    // b1 is p1 . f_p dp; across it b2 moves p by d r, and x by d z + c q0
    const VectorXd unfolds = fp.transpose() * chain.p1;
    found.s = unfolds / unfolds.squaredNorm();
    const VectorXd r = Eigen::Vector2d(-unfolds[1], unfolds[0]).normalized();
    const VectorXd z = with(solved_beside(fx, chain, -fp * r), r);
    // of w0 b2 and w1 b2: p1 . B(q0, y) = 0 and p0 . B(q0, y) + p1 . B(q1, y) = 1
    const VectorXd b0z = forms.second(q0, z), b1z = forms.second(q1, z);
    Eigen::Matrix2d both;
    both << chain.p1.dot(b0z), 2 * found.a, chain.p0.dot(b0z) + chain.p1.dot(b1z), found.b;
    const double det = both.determinant();
    const double terms = both.row(0).norm() * both.row(1).norm();
    if (!(std::abs(det) > no_coefficient * terms)) return std::nullopt;
    const Eigen::Vector2d dc = both.inverse() * Eigen::Vector2d(0, 1);
    const VectorXd y = dc[0] * z + dc[1] * q0;
    found.h = y.head(n);
    found.k = y.tail(2);
    found.l = -chain.p1.dot(forms.second(y)) / 2 * found.s;
    return found;
}

}  // namespace

std::optional<predicted_orbit> orbit_beside(const problem& at, std::span<const double> state,
                                            const std::vector<std::size_t>& free, double size) {
    const auto of = unfolded_at(at, state, free);
    const double unit = at.model->state_scale(at.parameters);
    if (!of || !(std::abs(of->a) * unit > no_coefficient * std::abs(of->b)) ||
        !(std::abs(of->b) > no_coefficient * std::abs(of->a) * unit))
        return std::nullopt;
    const double e = std::sqrt(size * std::abs(of->a) / 6), ratio = of->b / of->a;  // |q0| = 1
    const double b1 = -4 * std::pow(e, 4) / of->a, b2 = 10.0 / 7 * ratio * e * e;
    const VectorXd way = of->s * b1 + of->k * b2 + of->l * (b2 * b2);
    std::vector<double> parameters = at.parameters;
    for (std::size_t i = 0; i < free.size(); ++i) parameters[free[i]] += way[static_cast<Index>(i)];
    const Eigen::Map<const VectorXd> x0(state.data(), std::ssize(state));
    const auto place = [&](double u, double v) -> VectorXd {
        return x0 + of->h * b2 + of->q0 * (e * e / of->a * u) + of->q1 * (e * e * e / of->a * v);
    };
    piecewise values;
    values.degree = predicted_degree;
    values.breaks = VectorXd::LinSpaced(predicted_intervals + 1, 0, 1);
    const Index points = predicted_intervals * predicted_degree;
    values.values.resize(x0.size(), points + 1);
    for (Index i = 0; i <= points; ++i) {
        const double t = half_time * (2 * static_cast<double>(i) / static_cast<double>(points) - 1);
        const double square = 1 / (std::cosh(t) * std::cosh(t));
        values.values.col(i) = place(2 - 6 * square, 12 * square * std::tanh(t));
    }
    return predicted_orbit{std::move(values), 2 * half_time / e, std::move(parameters), place(2, 0),
                           way};
}

}  // namespace moebius::detail
