// SPDX-License-Identifier: MIT
// What defines each type of special point.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/dense.hpp>
#include <numbers>

#include "points.hpp"

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using complex = std::complex<double>;

namespace {

std::optional<double> stated(const special_point& point, std::string_view name) {
    for (const auto& [known, value] : point.normal_form)
        if (known == name) return value;
    return std::nullopt;
}

/// Singular values that are zero.
std::size_t vanishing(const MatrixXd& a, double zero) {
    const auto values = singular_values_of(a);
    return static_cast<std::size_t>(
        std::count_if(values.begin(), values.end(), [=](double v) { return v <= zero; }));
}

}  // namespace

/// On a locus the point is simple on its groups. Where some of these agree, the eigenvalue of cells
/// that agree counts as often as there are of them, less one.
std::size_t point_judge::multiplicity(const subject& s, complex z) const {
    if (claim_.ranges.size() == 1) return static_cast<std::size_t>(s.point.multiplicity);
    const std::size_t found = count_near(s.at.eigenvalues, z, zero(s));
    const auto cells = static_cast<Index>(in_.cells());
    if (cells == 0) return 1;
    for (const auto& alike : coarsest_groups(s.here.at, {}).groups) {
        for (const std::size_t first : alike) {
            const auto equal = static_cast<std::size_t>(
                std::count_if(alike.begin(), alike.end(), [&](std::size_t e) {
                    double off = 0;
                    for (Index kind = 0; kind < s.here.x.size() / cells; ++kind)
                        off = std::max(
                            off, std::abs(s.here.x[kind * cells + static_cast<Index>(e)] -
                                          s.here.x[kind * cells + static_cast<Index>(first)]));
                    return off <= options_.place * unit_;
                }));
            if (found > 1 && found + 1 == equal) return found;
        }
    }
    return 1;
}

std::string point_judge::fault_of_fold(const subject& s) {
    if (auto fault = fault_of_count(s, 0, static_cast<std::size_t>(s.point.multiplicity));
        !fault.empty())
        return fault;
    const auto of = vectors(s, 0);
    if (!of) return {};
    if (!(transversality(s, *of) > options_.eigenvalue))
        return "no fold: f_p lies in the range of the Jacobian, so that branches cross";
    const auto form = zero_eigenvalue_form_at(s.here, s.at, *of, unit_);
    if (is_sure(s, form.quadratic, "quadratic") && is_zero(form.quadratic))
        return "no fold: the quadratic coefficient is zero";
    return fault_of_coefficient(s, "quadratic", form.quadratic, true);
}

std::string point_judge::fault_of_branch_point(const subject& s) {
    const auto times = static_cast<std::size_t>(s.point.multiplicity);
    if (auto fault = fault_of_count(s, 0, times); !fault.empty()) return fault;
    MatrixXd whole(s.at.fx.rows(), s.at.fx.cols() + static_cast<Index>(in_.varied().size()));
    const MatrixXd fp = by_varied(s);
    whole << s.at.fx, fp * (s.at.size / std::max(fp.norm(), 1e-300));
    const std::size_t lost = vanishing(whole, zero(s));
    if (lost != times)
        return fmt::format("the rank of (f_x, f_p) drops by {}, and {} it says", lost, times);
    const auto of = vectors(s, 0);
    if (!of) return {};
    const auto form = zero_eigenvalue_form_at(s.here, s.at, *of, unit_);
    if (auto fault = fault_of_coefficient(s, "quadratic", form.quadratic, true); !fault.empty())
        return fault;
    const bool flat = is_zero(form.quadratic);
    if (flat && s.point.criticality == "transcritical")
        return "transcritical, and the quadratic coefficient is zero";
    if (!flat) return {};
    if (auto fault = fault_of_coefficient(s, "cubic", form.cubic, false); !fault.empty())
        return fault;
    const auto word = form.cubic.value < 0 ? "supercritical" : "subcritical";
    if (s.point.criticality.empty() || is_zero(form.cubic) || s.point.criticality == word)
        return {};
    return fmt::format("{}, and {} by differences", s.point.criticality, word);
}

std::string point_judge::fault_of_hopf(const subject& s) {
    const auto omega = stated(s.point, "omega");
    if (!omega || !(*omega > zero(s))) return "it has no omega above 0";
    const complex z(0, *omega);
    if (auto fault = fault_of_count(s, z, static_cast<std::size_t>(s.point.multiplicity));
        !fault.empty())
        return fault;
    const auto of = vectors(s, z);
    if (!of) return {};
    const auto l1 = lyapunov_coefficient_at(s.here, s.at, *of, *omega, unit_);
    if (auto fault = fault_of_coefficient(s, "l1", l1, false); !fault.empty()) return fault;
    if (auto fault = fault_of_passage(s, *of, *omega); !fault.empty()) return fault;
    const auto word = l1.value < 0 ? "supercritical" : "subcritical";
    if (s.point.criticality.empty() || is_zero(l1) || s.point.criticality == word) return {};
    return fmt::format("{}, and {} by differences", s.point.criticality, word);
}

/// Its period, and the speed at which the pair crosses.
std::string point_judge::fault_of_passage(const subject& s, const critical_vectors& of,
                                          double omega) {
    constexpr double rounding = 1e-12;
    const double period = 2 * std::numbers::pi / omega;
    if (const auto said = stated(s.point, "period");
        said && !(std::abs(*said - period) <= rounding * period))
        return fmt::format("period is {:.10g}, and {:.10g} of its omega", *said, period);
    if (claim_.ranges.size() > 1) return {};
    const double length = claim_.ranges[0].to - claim_.ranges[0].from;
    return fault_of_coefficient(
        s, "crossing", crossing_speed_at(s.here, s.at, of, in_.varied()[0], length), false);
}

std::string point_judge::fault_of_flip(const subject& s) {
    if (!claim_.step) return "a flip of no map";
    const double z = -2 / *claim_.step;
    if (auto fault = fault_of_count(s, z, static_cast<std::size_t>(s.point.multiplicity));
        !fault.empty())
        return fault;
    const auto of = vectors(s, z);
    if (!of) return {};
    return fault_of_coefficient(s, "b", flip_coefficient_at(s.here, s.at, *of, *claim_.step, unit_),
                                false);
}

std::string point_judge::fault_of_torus(const subject& s) {
    const auto theta = stated(s.point, "theta");
    if (!claim_.step || !theta) return "a torus point of no map, or without its angle";
    const complex z = (std::polar(1.0, *theta) - 1.0) / *claim_.step;
    if (auto fault = fault_of_count(s, z, static_cast<std::size_t>(s.point.multiplicity));
        !fault.empty())
        return fault;
    const auto of = vectors(s, z);
    if (!of || s.point.criticality.empty()) return {};  // a strong resonance has no Re d
    return fault_of_coefficient(
        s, "a", torus_coefficient_at(s.here, s.at, *of, *claim_.step, *theta, unit_), false);
}

std::string point_judge::fault_of_cusp(const subject& s) {
    if (auto fault = fault_of_count(s, 0, multiplicity(s, 0)); !fault.empty()) return fault;
    const auto of = vectors(s, 0);
    if (!of) return {};
    const auto form = zero_eigenvalue_form_at(s.here, s.at, *of, unit_);
    if (is_sure(s, form.quadratic, "quadratic") && !is_zero(form.quadratic))
        return fmt::format("no cusp: the quadratic coefficient is {:.3g}", form.quadratic.value);
    return fault_of_coefficient(s, "cubic", form.cubic, false);
}

std::string point_judge::fault_of_double_zero(const subject& s) {
    // a double eigenvalue of one eigenvector is known to half the digits
    const double within = std::sqrt(options_.eigenvalue) * 1e-1 * s.at.size;
    const std::size_t found = count_near(s.at.eigenvalues, 0, within);
    const auto of = critical_vectors_at(in_, s.at, s.point.groups, 0);
    const auto times = static_cast<std::size_t>(s.point.multiplicity);  // 1 on a locus
    if (found < 2 * times)
        return fmt::format("{} eigenvalues are zero, and {} are at a BT", found, 2 * times);
    const std::size_t kernel = vanishing(s.at.fx, zero(s));
    if (claim_.ranges.size() == 1 && kernel != times)
        return fmt::format("zero has {} eigenvectors, and {} it says", kernel, times);
    if (!of) return "no eigenvector of a zero eigenvalue";
    if (!(of->cosine <= std::sqrt(options_.eigenvalue)))
        return "the zero eigenvalue has as many eigenvectors as it counts";
    const auto form = double_zero_form_at(s.here, s.at, *of, unit_);
    if (auto fault = fault_of_coefficient(s, "a", form.a, true); !fault.empty()) return fault;
    return fault_of_coefficient(s, "b", form.b, true);
}

std::string point_judge::fault_of_zero_hopf(const subject& s) {
    const auto omega = stated(s.point, "omega");
    if (!omega || !(*omega > zero(s))) return "it has no omega above 0";
    for (const complex z : {complex(0, 0), complex(0, *omega)})
        if (auto fault = fault_of_count(s, z, multiplicity(s, z)); !fault.empty()) return fault;
    to_.not_judged("normal forms", "of ZH");
    return {};
}

std::string point_judge::fault_of_double_hopf(const subject& s) {
    for (const auto name : {"omega", "omega_2"}) {
        const auto omega = stated(s.point, name);
        if (!omega || !(*omega > zero(s))) return fmt::format("it has no {} above 0", name);
        const complex z(0, *omega);
        if (auto fault = fault_of_count(s, z, multiplicity(s, z)); !fault.empty()) return fault;
    }
    to_.not_judged("normal forms", "of HH");
    return {};
}

std::string point_judge::fault_of_generalized_hopf(const subject& s) {
    const auto omega = stated(s.point, "omega");
    if (!omega || !(*omega > zero(s))) return "it has no omega above 0";
    const complex z(0, *omega);
    if (auto fault = fault_of_count(s, z, multiplicity(s, z)); !fault.empty()) return fault;
    const auto of = vectors(s, z);
    if (!of) return {};
    const auto l1 = lyapunov_coefficient_at(s.here, s.at, *of, *omega, unit_);
    if (is_sure(s, l1, "l1") && !is_zero(l1))
        return fmt::format("no GH: l1 is {:.3g} by differences", l1.value);
    to_.not_judged("normal forms", "l2 of GH");
    return {};
}

}  // namespace moebius
