// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <moebius/model/field.hpp>
#include <string_view>
#include <vector>

namespace moebius {

/// First Lyapunov coefficient of a Hopf point with eigenvalues +-i omega, for a critical
/// eigenvector of length 1: negative where the cycles that are born are stable.
/// @source Kuznetsov, Elements of Applied Bifurcation Theory (3rd ed.), eq. (5.34)
[[nodiscard]] double lyapunov_coefficient(const field& model, const std::vector<double>& x,
                                          const std::vector<double>& p, double omega);

/// The same, and what of it may be rounding: its sign means nothing below that, as at a centre.
struct hopf_form {
    double l1 = 0, rounding = 0;
    /// supercritical where it is negative, subcritical or, where it is rounding, empty.
    [[nodiscard]] std::string_view criticality() const {
        if (!(std::abs(l1) > rounding)) return {};
        return l1 < 0 ? "supercritical" : "subcritical";
    }
};
[[nodiscard]] hopf_form hopf_form_at(const field& model, const std::vector<double>& x,
                                     const std::vector<double>& p, double omega);

/// Second Lyapunov coefficient of a generalized Hopf point (l1 = 0) with eigenvalues +-i omega, for
/// a critical eigenvector of length 1: where it is negative the outer one of the two cycles nearby
/// is stable. With |w| the amplitude, w' = i omega w + ... + omega l2 w |w|^4.
/// @accuracy some 1e-8 of it where the field is smooth over its state scale: derivatives of fourth
///           and fifth order are those of the polynomial of degree 11 through its jets at three
///           points of a line
/// @cost     some 5e4 evaluations of the field's jets
/// @source   Kuznetsov (3rd ed.), sections 8.3 and 8.7; SIAM J. Numer. Anal. 36 (1999) 1104
[[nodiscard]] double second_lyapunov_coefficient(const field& model, const std::vector<double>& x,
                                                 const std::vector<double>& p, double omega);

/// A point with a double zero eigenvalue and one eigenvector: on the centre manifold w0' = w1 and
/// w1' = a w0^2 + b w0 w1 + ..., with |null vector| = 1.
///
/// Where a and b vanish by a reflection symmetry, w1' = a3 w0^3 + b3 w0^2 w1 + ...; elsewhere a3
/// and b3 mean nothing.
/// @source Kuznetsov (3rd ed.), section 8.4 and 8.7.2; Kuznetsov, Int. J. Bifurcation Chaos 15
///         (2005) 3535 (homological equation); a3 and b3 by the same method (Knobloch & Proctor
///         1981, J. Fluid Mech. 108, for what they decide)
struct bogdanov_takens_form {
    double a = 0, b = 0;
    double a3 = 0, b3 = 0;
};
[[nodiscard]] bogdanov_takens_form bogdanov_takens_at(const field& model,
                                                      const std::vector<double>& x,
                                                      const std::vector<double>& p);

/// A point with eigenvalues 0 and +-i omega: up to a change of variables and of time
///
///     w0' = B w0^2 + C |w1|^2,   w1' = (i omega + D w0 + E w0^2) w1
///
/// to third order, with null vectors of length 1 and the real parts of D and E. What happens near
/// it depends on the signs of B C, of D/B and of E.
/// @source Kuznetsov (3rd ed.), section 8.5 and 8.7.3; SIAM J. Numer. Anal. 36 (1999) 1104
struct zero_hopf_form {
    double omega = 0;
    double B = 0, C = 0, D = 0, E = 0;
};
[[nodiscard]] zero_hopf_form zero_hopf_at(const field& model, const std::vector<double>& x,
                                          const std::vector<double>& p);

/// A point with eigenvalues +-i omega_1 and +-i omega_2, no small multiples of one another: on the
/// centre manifold the amplitudes follow
///
///     r1' = r1 (p11 r1^2 + p12 r2^2),   r2' = r2 (p21 r1^2 + p22 r2^2)
///
/// to third order, with critical eigenvectors of length 1: w_j q_j + conj has the amplitude r_j =
/// |w_j|. What happens near it depends on the signs of p11 and p22, and on p12/p22 and p21/p11.
/// @source Kuznetsov (3rd ed.), section 8.6, and SIAM J. Numer. Anal. 36 (1999) 1104 for the
///         coefficients
struct double_hopf_form {
    double p11 = 0, p12 = 0, p21 = 0, p22 = 0;
};
[[nodiscard]] double_hopf_form double_hopf_at(const field& model, const std::vector<double>& x,
                                              const std::vector<double>& p, double omega_1,
                                              double omega_2);

}  // namespace moebius
