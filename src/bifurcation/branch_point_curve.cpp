// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/branch_point_curve.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/model/derivatives.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double beside_a_bt = 0.05;  // scaled distance within which it is looked for
constexpr double unfolding = 1e-8;    // w^T f_p beyond this, against f_x, unfolds a branch point
constexpr double beside_crossing =
    1e-9;  // d beyond this, against f_x over a state scale, is no crossing

}  // namespace

branch_point_curve::branch_point_curve(const problem& base,
                                       const std::vector<parameter_range>& ranges, double step)
    : zero_eigenvalue_curve(base, ranges, step) {}

Index branch_point_curve::unknowns() const { return scaling_.units().size() + 1; }

bool branch_point_curve::persists(const special_point& point) {
    const VectorXd here = place_of(point);
    if (!zero_eigenvalue_curve::adapt(here) || !solve_at(here)) return false;
    const auto& units = scaling_.units();
    for (Index k = 0; k < free(); ++k)
        if (std::abs(w_.dot(by_parameter(k))) * units[states() + k] >
            unfolding * w_.norm() * terms_.jacobian_norm() * units[0])
            return false;
    return true;
}

std::optional<VectorXd> branch_point_curve::bogdanov_takens_near(const special_point& point) {
    const VectorXd guess = start(point);
    if (guess.size() == 0) return std::nullopt;
    continuation_options steps;
    steps.max_step = 4 * beside_a_bt;  // the first one is a quarter
    const Index size = scaling_.units().size(), first = states();
    const auto product = [this](const curve_point& at) {
        solve_at(at.u);
        return w_.dot(v_);
    };
    for (const double sign : {1.0, -1.0}) {
        tracer along(*this, steps);
        if (!along.start(guess, sign * VectorXd::Unit(guess.size(), first))) return std::nullopt;
        if ((along.current().u - guess).norm() > beside_a_bt || !holds_at(along.current().u))
            return std::nullopt;
        if (along.advance() != step_status::accepted) continue;
        const auto at = along.locate(along.previous(), along.current(), product);
        if (!at) continue;
        special_point found = point;
        scaling_.unscale(at->u, found.state, found.parameters);
        return persists(found) ? std::optional<VectorXd>(at->u.head(size)) : std::nullopt;
    }
    return std::nullopt;
}

bool branch_point_curve::holds_at(const VectorXd& u) {
    terms_at(u);
    return std::abs(u[unknowns() - 1]) <=
           beside_crossing * terms_.jacobian_norm() * scaling_.units()[0];
}

/// Without the borders of another one.
VectorXd branch_point_curve::place_of(const special_point& point) {
    b_ = c_ = v_ = w_ = VectorXd{};
    VectorXd u(unknowns());
    u << scaling_.scale(point.state, point.parameters), 0;
    return u;
}

VectorXd branch_point_curve::start(const special_point& point) {
    const VectorXd u = place_of(point);
    return adapt(u) ? u : VectorXd{};
}

bool branch_point_curve::adapt(const VectorXd& u) {
    if (!zero_eigenvalue_curve::adapt(u) || !solve_at(u)) return false;
    const Index n = states();
    const multilinear forms(model(), x_, p_, scaling_.free());
    VectorXd direction = VectorXd::Zero(n + free());
    for (Index k = 0; k < free(); ++k) {
        VectorXd along = along_states(beside(-by_parameter(k)));
        along[n + k] = 1;
        const double rate = w_.dot(forms.second(along_states(v_), along));
        direction[n + k] = rate * scaling_.units()[n + k] * scaling_.units()[n + k];
    }
    direction /= direction.cwiseQuotient(scaling_.units()).norm();
    if (!direction.allFinite()) return false;
    direction_ = direction;
    return true;
}

void branch_point_curve::evaluate(const VectorXd& u, VectorXd& f, MatrixXd& df) {
    const Index n = states(), last = unknowns() - 1;
    if (!solve_at(u)) return not_finite(f, df);
    VectorXd slope = VectorXd::Zero(n);  // f_p r
    for (Index k = 0; k < free(); ++k) slope += direction_[n + k] * by_parameter(k);
    f << terms_.f() + u[last] * b_, g_, w_.dot(slope);
    df.setZero();
    df.topLeftCorner(n, n) = terms_.jacobian();
    for (Index k = 0; k < free(); ++k) df.col(n + k).head(n) = by_parameter(k);
    df.col(last).head(n) = b_;
    const multilinear forms(model(), x_, p_, scaling_.free());
    VectorXd bend(last);
    model().curvature(x_, p_, scaling_.free(), view(w_), view(v_), view(bend));
    df.row(n).head(last) = -bend.transpose();
    // d(w^T) f_p r = -w^T f_x' z with [f_x b; c^T 0] (z, s) = (f_p r, 0)
    df.row(n + 1).head(last) =
        forms.hessian_times(w_, direction_ - along_states(beside(slope))).transpose();
    df.leftCols(last) = df.leftCols(last) * scaling_.units().asDiagonal();
}

std::optional<special_point> branch_point_curve::described(point_type type, const VectorXd& u) {
    return described_zero(type, u);
}

std::span<const std::string_view> branch_point_curve::column_names() const {
    static constexpr std::array<std::string_view, 2> names{"quadratic", "cubic"};
    return names;
}

/// Coefficients of w^2 and w^3 along the null vector; for a pitchfork the first one is zero.
std::vector<double> branch_point_curve::columns(const VectorXd& u) {
    terms_at(u);
    const auto form = centre_manifold_at(model(), x_, p_);
    return {form.quadratic, form.cubic};
}

}  // namespace moebius
