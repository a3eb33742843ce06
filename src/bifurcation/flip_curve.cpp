// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/require.hpp>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/flip_curve.hpp>
#include <moebius/bifurcation/map_forms.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

#include "borders.hpp"
#include "map_tests.hpp"

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

flip_curve::flip_curve(const problem& base, double step, const std::vector<parameter_range>& ranges)
    : bifurcation_curve(base, ranges), step_(step) {
    require("map").positive_and_finite("step", step);
}

VectorXd flip_curve::start(const special_point& point) {
    const VectorXd u = scaling_.scale(point.state, point.parameters);
    b_ = c_ = VectorXd{};
    return adapt(u) ? u : VectorXd{};
}

bool flip_curve::adapt(const VectorXd& u) {
    if (!terms_at(u)) return false;
    const Index n = states();
    return take_as_borders(null_vectors(step_ * terms_.jacobian() + 2 * MatrixXd::Identity(n, n)),
                           b_, c_);
}

bool flip_curve::solve_at(const VectorXd& u) {
    if (!terms_at(u)) return false;
    const Index n = states();
    MatrixXd bordered(n + 1, n + 1);
    bordered << step_ * terms_.jacobian() + 2 * MatrixXd::Identity(n, n), b_, c_.transpose(), 0;
    const partial_lu<double> lu(bordered);
    const VectorXd unit = VectorXd::Unit(n + 1, n), right = lu.solve(unit);
    v_ = right.head(n);
    g_ = right[n];
    w_ = lu.solve_transposed(unit).head(n);
    return right.allFinite() && w_.allFinite();
}

/// dg = -step w^T f_x' v
void flip_curve::evaluate(const VectorXd& u, VectorXd& f, MatrixXd& df) {
    const Index n = states();
    if (!solve_at(u)) return not_finite(f, df);
    f << terms_.f(), g_;
    VectorXd bend(df.cols());
    model().curvature(x_, p_, scaling_.free(), view(w_), view(v_), view(bend));
    df.topLeftCorner(n, n) = terms_.jacobian();
    for (Index k = 0; k < free(); ++k) df.col(n + k).head(n) = by_parameter(k);
    df.row(n) = -step_ * bend.transpose();
    df = df * scaling_.units().asDiagonal();
}

double flip_curve::cubic_test(const VectorXd& u) {
    if (!solve_at(u)) return not_a_number;
    const multilinear forms(model(), x_, p_, {});
    const auto rest = multipliers_of(terms_, step_).besides(-1);
    const VectorXd h = -partial_lu<double>(terms_.jacobian()).solve(forms.second(v_));
    const double third = w_.dot(forms.third(v_)), second = 3 * w_.dot(forms.second(v_, h));
    const double cubic = third + second, scale = model().state_scale(p_);
    const double terms = std::abs(third) + std::abs(second) + least_of_forms / (scale * scale);
    return std::abs(cubic) > rounding_of_forms * terms ? rest.unity() * cubic : 0;
}

std::vector<test_function> flip_curve::tests() {
    const auto rest = [this](const curve_point& at) {
        terms_at(at.u);
        return multipliers_of(terms_, step_).besides(-1);
    };
    std::vector<test_function> tests{
        {point_type::GPD, [this](const curve_point& at) { return cubic_test(at.u); }}};
    if (states() < 2) return tests;
    tests.push_back({point_type::R2, [this](const curve_point& at) {
                         solve_at(at.u);
                         return w_.dot(v_);
                     }});
    tests.push_back({point_type::LPPD, [rest](const auto& at) { return rest(at).unity(); }});
    if (states() > 2)
        tests.push_back({point_type::PDNS, [rest](const auto& at) { return rest(at).torus(); }});
    return tests;
}

std::optional<special_point> flip_curve::described(point_type type, const VectorXd& u) {
    solve_at(u);
    if (!is_critical_at(type, multipliers_of(terms_, step_))) return std::nullopt;
    auto point = map_point_at(model(), step_, type, x_, p_);
    point.residual = std::max(point.residual, std::abs(g_));
    if (type == point_type::GPD)
        point.normal_form = {{"b", flip_coefficient(model(), step_, x_, p_)}};
    return point;
}

std::span<const std::string_view> flip_curve::column_names() const {
    static constexpr std::array<std::string_view, 1> names{"cubic"};
    return names;
}

std::vector<double> flip_curve::columns(const VectorXd& u) {
    terms_at(u);
    return {flip_coefficient(model(), step_, x_, p_)};
}

}  // namespace moebius
