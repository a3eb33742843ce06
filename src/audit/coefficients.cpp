// SPDX-License-Identifier: MIT
#include "coefficients.hpp"

#include <cmath>
#include <moebius/solve/dense.hpp>

#include "difference_forms.hpp"

namespace moebius {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr double first_step = 0.02;  // state scales, of the largest coordinate
constexpr double null_pivot = 1e-9;  // relative, of a Jacobian that is singular

/// What terms of an order are like where they do not vanish: by symmetry all of them may, and what
/// is left of them is rounding.
double usual_terms(const whole_jacobian& at, const critical_vectors& of, double unit, int order) {
    constexpr double small = 1e-3;
    return small * of.w.norm() * at.size * unit * std::pow(of.q.norm() / unit, order);
}

/// What a rule gives by differences of two steps, the error of order four taken off.
/// @param usual  terms that are smaller count as this
template <typename Rule>
coefficient settled(const whole_point& here, double unit, double usual, Rule rule) {
    const coefficient coarse = rule(difference_forms(here, first_step * unit));
    const coefficient fine = rule(difference_forms(here, first_step * unit / 2));
    return {(16 * fine.value - coarse.value) / 15, std::max(fine.terms, usual),
            std::abs(fine.value - coarse.value)};
}

/// a^-1 b on what a does not send to zero.
VectorXd solve_beside_null(const MatrixXd& a, const VectorXd& b) {
    return least_squares(a, b, null_pivot);
}

/// (z - a)^-1 b.
VectorXcd solve_shifted(const MatrixXd& a, complex z, const VectorXcd& b) {
    Eigen::MatrixXcd shifted = -a.cast<complex>();
    shifted.diagonal().array() += z;
    return partial_lu<complex>(shifted).solve(b);
}

/// w^H [C(q, q, conj q) + 2 B(q, (one - a)^-1 B(q, conj q)) + B(conj q, (two - a)^-1 B(q, q))].
struct resonant {
    complex value;
    double terms;
};
resonant resonant_cubic(const difference_forms& forms, const MatrixXd& a,
                        const critical_vectors& of, complex one, complex two) {
    const VectorXcd& q = of.q;
    const VectorXcd conj = q.conjugate();
    const VectorXcd c = forms.third(q);
    const VectorXcd h11 = 2 * forms.second(q, solve_shifted(a, one, forms.second(q, conj)));
    const VectorXcd h20 = forms.second(conj, solve_shifted(a, two, forms.second(q, q)));
    return {of.w.dot(c + h11 + h20), of.w.norm() * (c.norm() + h11.norm() + h20.norm())};
}

}  // namespace

zero_eigenvalue_form zero_eigenvalue_form_at(const whole_point& here, const whole_jacobian& at,
                                             const critical_vectors& of, double unit) {
    const VectorXd w = of.w.real();
    const VectorXcd& q = of.q;
    const auto quadratic = [&](const difference_forms& forms) -> coefficient {
        const VectorXd b = forms.second(q, q).real();
        return {w.dot(b) / 2, w.norm() * b.norm() / 2};
    };
    const auto cubic = [&](const difference_forms& forms) -> coefficient {
        const VectorXd v = q.real(), b = forms.second(q, q).real();
        // a h = -(b - (w b) v), w h = 0
        VectorXd h = solve_beside_null(at.fx, w.dot(b) * v - b);
        h -= w.dot(h) * v;
        const VectorXd c = forms.third(q).real();
        const VectorXd slaved = 3 * forms.second(q, h.cast<complex>()).real();
        return {w.dot(c + slaved) / 6, w.norm() * (c.norm() + slaved.norm()) / 6};
    };
    return {settled(here, unit, usual_terms(at, of, unit, 2), quadratic),
            settled(here, unit, usual_terms(at, of, unit, 3), cubic)};
}

coefficient lyapunov_coefficient_at(const whole_point& here, const whole_jacobian& at,
                                    const critical_vectors& of, double omega, double unit) {
    const double usual = usual_terms(at, of, unit, 3) / (2 * omega);
    return settled(here, unit, usual, [&](const difference_forms& forms) -> coefficient {
        const auto cubic = resonant_cubic(forms, at.fx, of, 0, complex(0, 2 * omega));
        return {cubic.value.real() / (2 * omega), cubic.terms / (2 * omega)};
    });
}

coefficient crossing_speed_at(const whole_point& here, const whole_jacobian& at,
                              const critical_vectors& of, std::size_t k, double length) {
    constexpr double share = 1e-4;  // of the range: a step, or half of it
    const VectorXd slope = solve_shifted(at.fx, 0, at.fp.col(static_cast<Eigen::Index>(k))).real();
    const auto turned = [&](double step) {  // w^H fx q, a step on
        whole_point there = here;
        there.at.parameters[k] += step;
        there.x += step * slope;
        return of.w.dot(whole_slopes(there).fx * of.q).real();
    };
    const auto speed = [&](double step) { return (turned(step) - turned(-step)) / (2 * step); };
    const double coarse = speed(share * length), fine = speed(share * length / 2);
    return {fine + (fine - coarse) / 3, at.size / length, std::abs(fine - coarse)};
}

coefficient flip_coefficient_at(const whole_point& here, const whole_jacobian& at,
                                const critical_vectors& of, double step, double unit) {
    const double usual = step * usual_terms(at, of, unit, 3);
    return settled(here, unit, usual, [&](const difference_forms& forms) -> coefficient {
        // (1 - A)^-1 step B = -a^-1 B with A = 1 + step a
        const VectorXcd h = solve_shifted(at.fx, 0, forms.second(of.q, of.q));
        const VectorXcd c = forms.third(of.q), slaved = 3 * forms.second(of.q, h);
        return {step * of.w.dot(c + slaved).real() / 6,
                step * of.w.norm() * (c.norm() + slaved.norm()) / 6};
    });
}

coefficient torus_coefficient_at(const whole_point& here, const whole_jacobian& at,
                                 const critical_vectors& of, double step, double theta,
                                 double unit) {
    const double usual = step * usual_terms(at, of, unit, 3);
    return settled(here, unit, usual, [&](const difference_forms& forms) -> coefficient {
        const complex mu = std::polar(1.0, theta);
        const auto cubic = resonant_cubic(forms, at.fx, of, 0, (mu * mu - 1.0) / step);
        return {(step * std::conj(mu) * cubic.value).real() / 2, step * cubic.terms / 2};
    });
}

double_zero_form double_zero_form_at(const whole_point& here, const whole_jacobian& at,
                                     const critical_vectors& of, double unit) {
    // a q1 = q0, a^T p1 = 0, a^T p0 = p1, p1 q1 = p0 q0 = 1, p0 q1 = 0
    const VectorXd q0 = of.q.real();
    const VectorXd q1 = solve_beside_null(at.fx, q0);
    VectorXd p1 = of.w.real().normalized();
    p1 /= p1.dot(q1);
    VectorXd p0 = solve_beside_null(at.fx.transpose(), p1);
    p0 -= p0.dot(q1) * p1;
    const auto b00 = [&](const difference_forms& forms) -> VectorXd {
        return forms.second(q0.cast<complex>(), q0.cast<complex>()).real();
    };
    const auto a = [&](const difference_forms& forms) -> coefficient {
        const VectorXd b = b00(forms);
        return {p1.dot(b) / 2, p1.norm() * b.norm() / 2};
    };
    const auto b = [&](const difference_forms& forms) -> coefficient {
        const VectorXd b0 = b00(forms);
        const VectorXd b1 = forms.second(q0.cast<complex>(), q1.cast<complex>()).real();
        return {p0.dot(b0) + p1.dot(b1), p0.norm() * b0.norm() + p1.norm() * b1.norm()};
    };
    const double usual = usual_terms(at, of, unit, 2);
    return {settled(here, unit, p1.norm() / of.w.norm() * usual, a),
            settled(here, unit, p0.norm() / of.w.norm() * usual, b)};
}

}  // namespace moebius
