// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/normal_forms.hpp>
#include <moebius/bifurcation/zero_eigenvalue_curve.hpp>
#include <moebius/solve/spectrum.hpp>

#include "borders.hpp"
#include "map_tests.hpp"
#include "spectral_tests.hpp"

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double a_reflection = 1e-6;  // a and b below this share of the cubic terms: a reflection

}  // namespace

VectorXd zero_eigenvalue_curve::start(const special_point& point) {
    VectorXd u = scaling_.scale(point.state, point.parameters);
    b_ = c_ = v_ = w_ = VectorXd{};
    return adapt(u) ? u : VectorXd{};
}

bool zero_eigenvalue_curve::adapt(const VectorXd& u) {
    if (!terms_at(u)) return false;
    if (states() == 1) {
        b_ = c_ = VectorXd::Ones(1);
        return true;
    }
    return take_as_borders(terms_.null_vectors_here(), b_, c_);
}

bool zero_eigenvalue_curve::solve_at(const VectorXd& u) {
    const Index n = states();
    if (!terms_at(u)) return false;
    if (n == 1) {
        v_ = w_ = VectorXd::Ones(1);
        g_ = -terms_.jacobian()(0, 0);
        return true;
    }
    using enum linear_terms::side;
    const VectorXd e = VectorXd::Unit(n + 1, n);
    const VectorXd solved = terms_.bordered_solve(right, b_, c_, e);
    v_ = solved.head(n);
    g_ = solved[n];
    w_ = terms_.bordered_solve(left, c_, b_, e).head(n);
    return std::isfinite(g_) && v_.allFinite() && w_.allFinite();
}

VectorXd zero_eigenvalue_curve::beside(const VectorXd& right) const {
    const Index n = right.size();
    if (n == 1) return VectorXd::Zero(1);
    VectorXd full(n + 1);
    full << right, 0;
    return terms_.bordered_solve(linear_terms::side::right, b_, c_, full).head(n);
}

std::vector<test_function> zero_eigenvalue_curve::map_tests() {
    const auto rest = [this](const curve_point& at) {
        terms_at(at.u);
        return multipliers_of(terms_, step_).besides(1);
    };
    std::vector<test_function> tests;
    if (states() < 2) return tests;
    tests.push_back({point_type::R1, [this](const curve_point& at) {
                         solve_at(at.u);
                         return w_.dot(v_);
                     }});
    tests.push_back({point_type::LPPD, [rest](const auto& at) { return rest(at).doubling(); }});
    if (states() > 2)
        tests.push_back({point_type::LPNS, [rest](const auto& at) { return rest(at).torus(); }});
    return tests;
}

std::vector<test_function> zero_eigenvalue_curve::zero_tests() {
    if (step_ > 0) return map_tests();
    std::vector<test_function> tests;
    // Diagonal plus low rank, as loads that respond to scores alone, has real eigenvalues.
    if (terms_.spectrum_is_real()) return tests;
    if (states() > 1)
        tests.push_back({point_type::BT, [this](const curve_point& at) {
                             solve_at(at.u);
                             return w_.dot(v_);
                         }});
    if (states() > 2)
        tests.push_back({point_type::ZH, [this](const curve_point& at) {
                             terms_at(at.u);
                             return pair_test(without(terms_.spectrum(), 0.0)).value;
                         }});
    return tests;
}

std::optional<special_point> zero_eigenvalue_curve::described_zero(point_type type,
                                                                   const VectorXd& u) {
    solve_at(u);
    special_point point;
    if (step_ > 0) {
        if (!is_critical_at(type, multipliers_of(terms_, step_))) return std::nullopt;
        point = map_point_at(model(), step_, type, x_, p_);
    } else if (type == point_type::BT) {
        point = bogdanov_takens_point(model(), x_, p_);
        point.residual = std::max(point.residual, std::abs(w_.dot(v_)));
    } else {
        const pair_test pair(without(terms_.spectrum(), 0.0));
        if (!pair.is_oscillation()) return std::nullopt;
        point = zero_hopf_point(model(), x_, p_);
        point.residual = std::max(point.residual, std::abs(pair.first.real()));
    }
    point.residual = std::max(point.residual, std::abs(g_));
    return point;
}

special_point bogdanov_takens_point(const field& model, const std::vector<double>& x,
                                    const std::vector<double>& p) {
    auto point = point_at(model, point_type::BT, x, p);
    const auto form = bogdanov_takens_at(model, x, p);
    const double unit = model.state_scale(p);
    const double quadratic = std::abs(form.a) + std::abs(form.b);
    const double cubic = (std::abs(form.a3) + std::abs(form.b3)) * unit;
    if (quadratic > a_reflection * cubic) {
        point.normal_form = {{"a", form.a}, {"b", form.b}};
        point.criticality = form.a * form.b < 0 ? "supercritical" : "subcritical";
    } else {
        point.normal_form = {{"a3", form.a3}, {"b3", form.b3}};
        point.criticality = form.b3 < 0 ? "supercritical" : "subcritical";
    }
    return point;
}

special_point zero_hopf_point(const field& model, const std::vector<double>& x,
                              const std::vector<double>& p) {
    auto point = point_at(model, point_type::ZH, x, p);
    const auto form = zero_hopf_at(model, x, p);
    point.normal_form = {
        {"omega", form.omega}, {"B", form.B}, {"C", form.C}, {"D", form.D}, {"E", form.E}};
    return point;
}

}  // namespace moebius
