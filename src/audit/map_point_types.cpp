// SPDX-License-Identifier: MIT
// What defines each type of point of a map over two parameters.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/hopf.hpp>
#include <numbers>

#include "points.hpp"

namespace moebius {

using complex = std::complex<double>;

/// An eigenvalue z that is double, with one eigenvector: known to half the digits.
std::string point_judge::fault_of_meeting(const subject& s, complex z) {
    const double within = std::sqrt(options_.eigenvalue) * 1e-1 * s.at.size;
    const std::size_t found = count_near(s.at.eigenvalues, z, within);
    if (found < 2) return fmt::format("{} eigenvalues are {:.6g}, of two", found, z.real());
    const auto of = critical_vectors_at(in_, s.at, s.point.groups, z);
    if (!of || !(of->cosine <= std::sqrt(options_.eigenvalue)))
        return fmt::format("{:.6g} has as many eigenvectors as it counts", z.real());
    if (z != 0.0) {
        to_.not_judged("normal forms", "of R2");
        return {};
    }
    // the flow of f has the double zero's form with a / step^2 and b / step
    auto form = double_zero_form_at(s.here, s.at, *of, unit_);
    const double step = *claim_.step;
    form.a = {step * step * form.a.value, step * step * form.a.terms, step * step * form.a.doubt};
    form.b = {step * form.b.value, step * form.b.terms, step * form.b.doubt};
    if (auto fault = fault_of_coefficient(s, "a", form.a, true); !fault.empty()) return fault;
    return fault_of_coefficient(s, "b", form.b, true);
}

std::string point_judge::fault_of_multipliers(const subject& s, bool one, bool minus,
                                              std::size_t pairs) const {
    const auto is_near = [&](complex z) { return count_near(s.at.eigenvalues, z, zero(s)) > 0; };
    if (one && !is_near(0)) return "no multiplier is 1";
    if (minus && !is_near(-2 / *claim_.step)) return "no multiplier is -1";
    const auto found = static_cast<std::size_t>(
        std::count_if(s.at.eigenvalues.begin(), s.at.eigenvalues.end(), [&](complex z) {
            const double off = std::abs(1.0 + *claim_.step * z) - 1;
            return z.imag() > zero(s) && std::abs(off) <= *claim_.step * zero(s);
        }));
    if (found >= pairs) return {};
    return fmt::format("{} pairs of multipliers are on the unit circle, of {}", found, pairs);
}

std::string point_judge::fault_of_map_point(const subject& s) {
    const double step = *claim_.step;
    const auto on_circle = [step](double theta) { return (std::polar(1.0, theta) - 1.0) / step; };
    switch (s.point.type) {
        case point_type::R1:
            return fault_of_meeting(s, 0);
        case point_type::R2:
            return fault_of_meeting(s, -2 / step);
        case point_type::R3:
        case point_type::R4: {
            const bool third = s.point.type == point_type::R3;
            to_.not_judged("normal forms", third ? "of R3" : "of R4");
            const complex z = on_circle(std::numbers::pi * (third ? 2. / 3 : 1. / 2));
            return fault_of_count(s, z, multiplicity(s, z));
        }
        case point_type::LPPD:
            return fault_of_multipliers(s, true, true, 0);
        case point_type::LPNS:
            return fault_of_multipliers(s, true, false, 1);
        case point_type::PDNS:
            return fault_of_multipliers(s, false, true, 1);
        case point_type::NSNS:
            return fault_of_multipliers(s, false, false, 2);
        case point_type::GPD:
            return fault_of_vanishing(s);
        case point_type::CH:
            return fault_of_vanishing(s);
        default:
            return "it is none of a map";
    }
}

/// The cubic coefficient that a GPD or a CH is about.
std::string point_judge::fault_of_vanishing(const subject& s) {
    const bool flips = s.point.type == point_type::GPD;
    const double step = *claim_.step, theta = coefficient_of(s.point, "theta").value_or(0);
    const complex z = flips ? complex(-2 / step) : (std::polar(1.0, theta) - 1.0) / step;
    if (auto fault = fault_of_count(s, z, multiplicity(s, z)); !fault.empty()) return fault;
    const auto of = vectors(s, z);
    if (!of) return {};
    const auto cubic = flips ? flip_coefficient_at(s.here, s.at, *of, step, unit_)
                             : torus_coefficient_at(s.here, s.at, *of, step, theta, unit_);
    if (is_sure(s, cubic, flips ? "b" : "a") && !is_zero(cubic))
        return fmt::format("no {}: {} is {:.3g} by differences", to_string(s.point.type),
                           flips ? "b" : "a", cubic.value);
    return {};
}

}  // namespace moebius
