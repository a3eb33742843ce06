// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <moebius/bifurcation/normal_forms.hpp>
#include <moebius/model/complex_forms.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

#include "eigenpair.hpp"
#include "jordan_chains.hpp"

namespace moebius {
namespace {

using detail::eigenpair;
using detail::jordan_chains;
using detail::solve_beside;
using detail::solve_shifted;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

using detail::i_unit;

/// w^H [C(q, q, conj q) + 2 B(q, h11) + B(conj q, h20)], h11 = -a^-1 B(q, conj q) and
/// h20 = (2 i omega - a)^-1 B(q, q): the resonant cubic term of a Hopf point, part by part.
std::array<complex, 3> resonant_cubic(const multilinear& forms, const MatrixXd& a,
                                      const eigenpair& at, double omega) {
    const VectorXcd& q = at.q;
    const VectorXcd conj = q.conjugate();
    const VectorXcd h11 = solve_shifted(a, 0.0, second_form(forms, q, conj));
    const VectorXcd h20 = solve_shifted(a, 2.0 * i_unit * omega, second_form(forms, q, q));
    return {at.w.dot(third_form(forms, q, q, conj)), 2.0 * at.w.dot(second_form(forms, q, h11)),
            at.w.dot(second_form(forms, conj, h20))};
}

complex sum_of(const std::array<complex, 3>& parts) { return parts[0] + parts[1] + parts[2]; }

/// w^H [C(q, r, conj r) + B(q, h0011) + B(r, h1001) + B(conj r, h1010)] of q at i one and r at
/// i two: how the amplitude of r bends the first pair.
complex resonant_mixed(const multilinear& forms, const MatrixXd& a, const eigenpair& at, double one,
                       const VectorXcd& r, double two) {
    const VectorXcd& q = at.q;
    const VectorXcd conj = r.conjugate();
    const VectorXcd h0011 = solve_shifted(a, 0.0, second_form(forms, r, conj));
    const VectorXcd h1001 = solve_shifted(a, i_unit * (one - two), second_form(forms, q, conj));
    const VectorXcd h1010 = solve_shifted(a, i_unit * (one + two), second_form(forms, q, r));
    return at.w.dot(third_form(forms, q, r, conj) + second_form(forms, q, h0011) +
                    second_form(forms, r, h1001) + second_form(forms, conj, h1010));
}

}  // namespace

double lyapunov_coefficient(const field& model, const std::vector<double>& x,
                            const std::vector<double>& p, double omega) {
    return hopf_form_at(model, x, p, omega).l1;
}

hopf_form hopf_form_at(const field& model, const std::vector<double>& x,
                       const std::vector<double>& p, double omega) {
    constexpr double lost = 1e-12;  // of the parts, where they cancel
    const MatrixXd a = detail::jacobian_at(model, x, p);
    const eigenpair at(a, i_unit * omega);
    const multilinear forms(model, x, p, {});
    hopf_form form;
    for (const complex part : resonant_cubic(forms, a, at, omega)) {
        form.l1 += part.real() / (2 * omega);
        form.rounding += lost * std::abs(part) / (2 * omega);
    }
    return form;
}

bogdanov_takens_form bogdanov_takens_at(const field& model, const std::vector<double>& x,
                                        const std::vector<double>& p) {
    const MatrixXd a = detail::jacobian_at(model, x, p);
    const Index n = a.rows();
    const jordan_chains at(a);
    const VectorXd &q0 = at.q0, &q1 = at.q1;
    const multilinear forms(model, x, p, {});
    const VectorXd b00 = forms.second(q0), b01 = forms.second(q0, q1);
    bogdanov_takens_form form;
    form.a = at.p1.dot(b00) / 2;
    form.b = at.p0.dot(b00) + at.p1.dot(b01);
    // With a reflection, h20 and h11 lie where it acts trivially, and a is regular there.
    MatrixXd bordered(n + 1, n + 1);
    bordered << a, at.p1, q0.transpose(), 0;
    const full_lu<double> lu(bordered);
    VectorXd right(n + 1);
    right << -b00, 0;
    const VectorXd h20 = lu.solve(right).head(n);
    right << h20 - b01, 0;
    const VectorXd h11 = lu.solve(right).head(n);
    const VectorXd c000 = forms.third(q0);
    const VectorXd c001 = third_form(forms, q0, q0, q1).real();
    const VectorXd cubic = c000 + 3 * forms.second(q0, h20);
    form.a3 = at.p1.dot(cubic) / 6;
    form.b3 = at.p1.dot(c001 + 2 * forms.second(q0, h11) + forms.second(q1, h20)) / 2 +
              at.p0.dot(cubic) / 2;
    return form;
}

namespace {

/// The imaginary part of the pair next to the imaginary axis; 0 if there is none.
double critical_omega(const MatrixXd& a) {
    double omega = 0, smallest = std::numeric_limits<double>::infinity();
    for (const complex& z : eigenvalues(a))
        if (z.imag() > 0 && std::abs(z.real()) < smallest) {
            smallest = std::abs(z.real());
            omega = z.imag();
        }
    return omega;
}

}  // namespace

zero_hopf_form zero_hopf_at(const field& model, const std::vector<double>& x,
                            const std::vector<double>& p) {
    const MatrixXd a = detail::jacobian_at(model, x, p);
    zero_hopf_form form;
    form.omega = critical_omega(a);
    const complex iw = i_unit * form.omega;
    const eigenpair zero(a, 0.0), pair(a, iw);
    const VectorXcd &q0 = zero.q, &q1 = pair.q;
    const VectorXcd conj = q1.conjugate();
    const multilinear forms(model, x, p, {});
    const auto B = [&](const VectorXcd& l, const VectorXcd& r) { return second_form(forms, l, r); };

    const VectorXcd b00 = B(q0, q0), b11 = B(q1, conj), b01 = B(q0, q1);
    const double g200 = zero.w.dot(b00).real(), g011 = zero.w.dot(b11).real();
    const complex g110 = pair.w.dot(b01);
    const VectorXcd h200 = solve_beside(a, 0.0, zero, b00 - g200 * q0);
    const VectorXcd h011 = solve_beside(a, 0.0, zero, b11 - g011 * q0);
    const VectorXcd h110 = solve_beside(a, iw, pair, b01 - g110 * q1);
    const VectorXcd h020 = solve_shifted(a, 2.0 * iw, B(q1, q1));

    const double g300 = zero.w.dot(third_form(forms, q0, q0, q0) + 3.0 * B(q0, h200)).real();
    const double g111 = zero.w
                            .dot(third_form(forms, q0, q1, conj) + B(q0, h011) + B(conj, h110) +
                                 B(q1, h110.conjugate()))
                            .real();
    const double g210 =
        pair.w.dot(third_form(forms, q0, q0, q1) + 2.0 * B(q0, h110) + B(q1, h200)).real();
    const double g021 =
        pair.w.dot(third_form(forms, q1, q1, conj) + 2.0 * B(q1, h011) + B(conj, h020)).real();
    form.B = g200 / 2;
    form.C = g011;
    form.D = g110.real();
    form.E =
        (g210 + form.D * (g021 / g011 - g300 / g200 + g111 / g011) - g021 * g200 / (2 * g011)) / 2;
    return form;
}

double_hopf_form double_hopf_at(const field& model, const std::vector<double>& x,
                                const std::vector<double>& p, double omega_1, double omega_2) {
    const MatrixXd a = detail::jacobian_at(model, x, p);
    const eigenpair first(a, i_unit * omega_1), second(a, i_unit * omega_2);
    const multilinear forms(model, x, p, {});
    return {sum_of(resonant_cubic(forms, a, first, omega_1)).real() / 2,
            resonant_mixed(forms, a, first, omega_1, second.q, omega_2).real(),
            resonant_mixed(forms, a, second, omega_2, first.q, omega_1).real(),
            sum_of(resonant_cubic(forms, a, second, omega_2)).real() / 2};
}

}  // namespace moebius
