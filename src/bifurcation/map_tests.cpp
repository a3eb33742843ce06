// SPDX-License-Identifier: MIT
#include "map_tests.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <moebius/bifurcation/bifurcation_curve.hpp>
#include <moebius/bifurcation/map_forms.hpp>
#include <numbers>
#include <string_view>
#include <utility>

namespace moebius {
namespace {

constexpr double at_point = 1e-5;  // of a multiplier: a double one is known to half the digits

constexpr double resonance = 1e-6;  // theta this near to pi/2 or 2 pi/3 is a strong resonance

void add_form(special_point& point, const resonance_1_form& form) {
    point.normal_form = {{"a", form.a}, {"b", form.b}};
    point.criticality = word_of(form.a * (form.b - 2 * form.a) < 0);
}

void add_form(special_point& point, const resonance_2_form& form) {
    point.normal_form = {{"c", form.c}, {"d", form.d}};
    point.criticality = word_of(3 * form.c + form.d > 0);
}

void add_form(special_point& point, const resonance_3_form& form) {
    point.normal_form = {
        {"b", form.b}, {"c_re", form.c.real()}, {"c_im", form.c.imag()}, {"a", form.a}};
    point.criticality = word_of(form.a < 0);
}

void add_form(special_point& point, const resonance_4_form& form) {
    point.normal_form = {{"c_re", form.c.real()},
                         {"c_im", form.c.imag()},
                         {"d", form.d},
                         {"A_re", form.A.real()},
                         {"A_im", form.A.imag()}};
    point.criticality = word_of(form.A.real() < 0 && std::abs(form.A) > 1);
}

}  // namespace

std::string_view word_of(bool stable) { return stable ? "supercritical" : "subcritical"; }

bool is_strong(double theta) {
    using std::numbers::pi;
    return std::abs(theta - pi / 2) < resonance || std::abs(theta - 2 * pi / 3) < resonance;
}

detail::floquet multipliers_of(const linear_terms& terms, double step) {
    auto all = terms.spectrum();
    for (auto& value : all) value = 1.0 + step * value;
    std::stable_sort(all.begin(), all.end(),
                     [](auto l, auto r) { return std::abs(l) > std::abs(r); });
    return detail::floquet(std::move(all));
}

bool is_critical_at(point_type type, const detail::floquet& all) {
    const auto count = [&](auto holds) {
        return std::count_if(all.others.begin(), all.others.end(), holds);
    };
    const auto is_near = [&](double to) {
        return count([to](auto mu) { return std::abs(mu - to) < at_point; }) > 0;
    };
    const auto pairs = count(
        [](auto mu) { return std::abs(std::norm(mu) - 1) < at_point && mu.imag() > at_point; });
    switch (type) {
        case point_type::LPPD:
            return is_near(1) && is_near(-1);
        case point_type::LPNS:
            return is_near(1) && pairs > 0;
        case point_type::PDNS:
            return is_near(-1) && pairs > 0;
        case point_type::NSNS:
            return pairs > 1;
        default:
            return true;
    }
}

special_point map_point_at(const field& model, double step, point_type type,
                           const std::vector<double>& x, const std::vector<double>& p,
                           double theta) {
    auto point = point_at(model, type, x, p);
    if (type == point_type::R1) add_form(point, resonance_1_at(model, step, x, p));
    if (type == point_type::R2) add_form(point, resonance_2_at(model, step, x, p));
    if (type == point_type::R3) add_form(point, resonance_3_at(model, step, x, p));
    if (type == point_type::R4) add_form(point, resonance_4_at(model, step, x, p));
    if (type == point_type::PD) {
        const double b = flip_coefficient(model, step, x, p);
        point.normal_form = {{"b", b}};
        point.criticality = word_of(b > 0);
    }
    if (type == point_type::NS && theta > 0) {
        const double a = torus_coefficient(model, step, theta, x, p);
        point.normal_form = {{"theta", theta}, {"a", a}};
        if (!is_strong(theta)) point.criticality = word_of(a < 0);
    }
    return point;
}

}  // namespace moebius
