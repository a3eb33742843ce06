// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <moebius/base/constants.hpp>
#include <moebius/base/require.hpp>
#include <moebius/bifurcation/map_forms.hpp>
#include <moebius/bifurcation/torus_curve.hpp>

#include "map_tests.hpp"

namespace moebius {

using Eigen::VectorXd;

torus_curve::torus_curve(const problem& base, double step,
                         const std::vector<parameter_range>& ranges)
    : pair_curve(base, ranges), step_(step) {
    require("map").positive_and_finite("step", step);
}

pair_curve::quadratic torus_curve::of(double c) const {
    const double r = 2 * (1 - c) / step_;
    return {r, r / step_, -2 / step_, -2 / (step_ * step_)};
}

double torus_curve::theta(const VectorXd& u) const {
    return std::acos(std::clamp(cosine(u), -1.0, 1.0));
}

VectorXd torus_curve::start(const special_point& point) {
    VectorXd u(unknowns());
    u << scaling_.scale(point.state, point.parameters), 0;
    if (!terms_at(u)) return {};
    double c = not_a_number, nearest = std::numeric_limits<double>::infinity();
    for (const auto mu : multipliers_of(terms_, step_).others)
        if (mu.imag() > 0 && std::abs(std::abs(mu) - 1) < nearest) {
            nearest = std::abs(std::abs(mu) - 1);
            c = mu.real() / std::abs(mu);
        }
    for (const auto& [name, value] : point.normal_form)
        if (name == "theta") c = std::cos(value);
    if (point.type == point_type::R1) c = 1;
    if (point.type == point_type::R2) c = -1;
    u[unknowns() - 1] = c;
    return std::isfinite(c) && adapt(u) ? u : VectorXd{};
}

std::vector<test_function> torus_curve::tests() {
    const auto rest = [this](const curve_point& at) {
        terms_at(at.u);
        return multipliers_of(terms_, step_).besides_pair(theta(at.u));
    };
    std::vector<test_function> tests{
        {point_type::R3, [this](const curve_point& at) { return cosine(at.u) + 0.5; }},
        {point_type::R4, [this](const curve_point& at) { return cosine(at.u); }},
        {point_type::CH, [this, rest](const curve_point& at) {
             const double unity = rest(at).unity(), angle = theta(at.u);
             if (std::abs(torus_share(model(), step_, angle, x_, p_)) < rounding_of_forms)
                 return 0.;
             return unity * torus_coefficient(model(), step_, angle, x_, p_);
         }}};
    if (states() < 3) return tests;
    tests.push_back({point_type::LPNS, [rest](const auto& at) { return rest(at).unity(); }});
    tests.push_back({point_type::PDNS, [rest](const auto& at) { return rest(at).doubling(); }});
    if (states() > 3)
        tests.push_back({point_type::NSNS, [rest](const auto& at) { return rest(at).torus(); }});
    return tests;
}

std::optional<special_point> torus_curve::described(point_type type, const VectorXd& u) {
    terms_at(u);
    if (!is_critical_at(type, multipliers_of(terms_, step_))) return std::nullopt;
    auto point = map_point_at(model(), step_, type, x_, p_);
    if (type == point_type::CH)
        point.normal_form = {{"theta", theta(u)},
                             {"a", torus_coefficient(model(), step_, theta(u), x_, p_)}};
    return point;
}

std::span<const std::string_view> torus_curve::column_names() const {
    static constexpr std::array<std::string_view, 2> names{"theta", "cubic"};
    return names;
}

/// Where the pair comes together there is no cubic coefficient.
std::vector<double> torus_curve::columns(const VectorXd& u) {
    terms_at(u);
    const double angle = theta(u);
    const bool pair = std::abs(std::sin(angle)) > no_pair;
    return {angle, pair ? torus_coefficient(model(), step_, angle, x_, p_) : not_a_number};
}

/// An R1 is a pair of zeros of f_x, whatever the step.
std::optional<VectorXd> torus_curve::refined_end(const VectorXd& u) {
    return cosine(u) > 0 ? zeros_at_crossing(u) : std::nullopt;
}

std::vector<bifurcation_curve::end> torus_curve::natural_ends() const {
    return {{unknowns() - 1, point_type::R1, -1, -1}, {unknowns() - 1, point_type::R2, -1, 1}};
}

}  // namespace moebius
