// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/bifurcation/hopf_curve.hpp>
#include <moebius/bifurcation/normal_forms.hpp>
#include <moebius/bifurcation/zero_eigenvalue_curve.hpp>
#include <moebius/solve/spectrum.hpp>

#include "eigenpair.hpp"
#include "spectral_tests.hpp"

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double most_units = 1e3;      // of k = omega^2 at the start
constexpr double zero_at_hopf = 1e-6;   // an eigenvalue against omega
constexpr double one_pair_rate = 1e-6;  // relative difference of frequencies that are one pair's

/// The imaginary part of the eigenvalue next to the positive imaginary axis; zero if there is none.
double nearest_omega(const MatrixXd& fx) {
    double omega = 0, nearest = std::numeric_limits<double>::infinity();
    for (const auto& value : eigenvalues(fx))
        if (value.imag() > 0 && std::abs(value.real()) < nearest) {
            nearest = std::abs(value.real());
            omega = value.imag();
        }
    return omega;
}

}  // namespace

hopf_curve::hopf_curve(const problem& base, const std::vector<parameter_range>& ranges)
    : pair_curve(base, ranges) {}

pair_curve::quadratic hopf_curve::of(double c) const { return {0, c * unit_, 0, unit_}; }

double hopf_curve::omega(const VectorXd& u) const {
    return std::sqrt(std::max(u[unknowns() - 1] * unit_, 0.0));
}

VectorXd hopf_curve::start(const special_point& point) {
    VectorXd u(unknowns());
    u << scaling_.scale(point.state, point.parameters), 0;
    if (!terms_at(u)) return {};
    double rate = 0;
    if (point.type != point_type::BT) {
        rate = nearest_omega(terms_.jacobian());
        for (const auto& [name, value] : point.normal_form)
            if (name == "omega") rate = value;
    }
    // Not much larger than k, which must stay apart from 0, nor so small that k goes through many.
    const double size = terms_.jacobian().squaredNorm() / static_cast<double>(states());
    unit_ = rate > 0 ? std::clamp(size, rate * rate, most_units * rate * rate) : size;
    u[unknowns() - 1] = rate * rate / unit_;
    return adapt(u) ? u : VectorXd{};
}

std::vector<std::complex<double>> hopf_curve::others(double omega) const {
    return without(without(terms_.spectrum(), {0, omega}), {0, -omega});
}

/// Else it is the double zero of a BT, and no coefficient is known.
bool hopf_curve::swings(double rate) const {
    const double size = terms_.jacobian_norm();
    return oscillates(rate, size) || detail::is_pair(terms_.jacobian(), rate, size);
}

double hopf_curve::lyapunov_test(const VectorXd& u) {
    terms_at(u);
    const double rate = omega(u);
    if (!swings(rate)) return 0;
    return lyapunov_coefficient(model(), x_, p_, rate) * zero_test(others(rate), rate);
}

std::vector<test_function> hopf_curve::tests() {
    std::vector<test_function> tests;
    if (states() > 2)
        tests.push_back({point_type::ZH, [this](const curve_point& at) {
                             terms_at(at.u);
                             const double rate = omega(at.u);
                             return zero_test(others(rate), rate);
                         }});
    if (states() > 3)
        tests.push_back({point_type::HH, [this](const curve_point& at) {
                             terms_at(at.u);
                             return pair_test(others(omega(at.u))).value;
                         }});
    tests.push_back(
        {point_type::GH, [this](const curve_point& at) { return lyapunov_test(at.u); }});
    return tests;
}

std::optional<special_point> hopf_curve::described(point_type type, const VectorXd& u) {
    terms_at(u);
    const double rate = omega(u);
    if (type == point_type::BT) return bogdanov_takens_point(model(), x_, p_);
    if (type == point_type::ZH) {
        const double zero = std::abs(zero_test(others(rate), rate));
        if (zero > zero_at_hopf) return std::nullopt;  // the test jumped
        auto point = zero_hopf_point(model(), x_, p_);
        point.residual = std::max(point.residual, zero * rate);
        return point;
    }
    auto point = point_at(model(), type, x_, p_);
    if (type == point_type::HH) {
        const pair_test other(others(rate));
        const double off = std::abs(other.first.real());
        const double slower = std::abs(other.first.imag());
        if (!other.is_oscillation() || off > zero_at_hopf * rate)
            return std::nullopt;  // the test jumped
        if (std::abs(slower - rate) <= one_pair_rate * rate)
            return std::nullopt;  // one pair, twice
        const auto form = double_hopf_at(model(), x_, p_, rate, slower);
        point.normal_form = {{"omega", rate},   {"omega_2", slower}, {"p11", form.p11},
                             {"p12", form.p12}, {"p21", form.p21},   {"p22", form.p22}};
        point.residual = std::max(point.residual, off);
        return point;
    }
    const double l2 = second_lyapunov_coefficient(model(), x_, p_, rate);
    point.normal_form = {
        {"omega", rate}, {"l1", lyapunov_coefficient(model(), x_, p_, rate)}, {"l2", l2}};
    point.criticality = l2 < 0 ? "supercritical" : "subcritical";
    point.residual = std::max(point.residual, std::abs(lyapunov_test(u)));
    return point;
}

std::span<const std::string_view> hopf_curve::column_names() const {
    static constexpr std::array<std::string_view, 2> names{"omega", "l1"};
    return names;
}

std::vector<double> hopf_curve::columns(const VectorXd& u) {
    terms_at(u);
    const double rate = omega(u);
    const double l1 = swings(rate) ? lyapunov_coefficient(model(), x_, p_, rate)
                                   : std::numeric_limits<double>::quiet_NaN();
    return {rate, l1};
}

double hopf_curve::rate(const VectorXd& u) const { return u[unknowns() - 1] * unit_; }

std::optional<VectorXd> hopf_curve::refined_end(const VectorXd& u) { return zeros_at_crossing(u); }

std::vector<bifurcation_curve::end> hopf_curve::natural_ends() const {
    return {{unknowns() - 1, point_type::BT}};
}

}  // namespace moebius
