// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius {

// Normal forms of fixed points of the rule F(x) = x + step f(x, p), with critical eigenvectors of
// length 1. A = F_x, B and C its second and third derivatives.

/// The flip where a multiplier is -1: w <- -w + b w^3. For b > 0 the orbit of period 2 is stable
/// (supercritical).
/// @source Kuznetsov (3rd ed.), section 5.4.2, eq. (5.49)-(5.50)
[[nodiscard]] double flip_coefficient(const field& model, double step, const std::vector<double>& x,
                                      const std::vector<double>& p);

/// The torus point, multipliers exp(+-i theta), 0 < theta < pi: w <- exp(i theta) w (1 + d |w|^2)
/// and this is Re d. Negative where the closed curve that is born is stable; at a strong resonance
/// (theta = pi/2 or 2 pi/3) its limit from both sides.
///
/// With mu = exp(i theta) and b = w^H B(conj q, conj q)/2 the part of (mu^2 - A)^-1 B(q, q) along
/// conj q, which is singular at mu^3 = 1, gives Re(2 |b|^2/(mu^3 - 1)) = -|b|^2 at every theta.
/// @source Kuznetsov (3rd ed.), section 5.4.3, eq. (5.51)-(5.53)
[[nodiscard]] double torus_coefficient(const field& model, double step, double theta,
                                       const std::vector<double>& x, const std::vector<double>& p);

/// The same against the sum of the sizes of its terms: from -1 to 1, and rounding where an area
/// that is kept makes it vanish.
[[nodiscard]] double torus_share(const field& model, double step, double theta,
                                 const std::vector<double>& x, const std::vector<double>& p);

/// R1, two multipliers 1 with one eigenvector: (w0, w1) <- (w0 + w1, w1 + a w0^2 + b w0 w1). The
/// closed curve nearby is stable where a (b - 2 a) < 0: the time-one map of w0' = w1, w1' = a w0^2
/// + b' w0 w1 has b = b' + 2 a.
/// @source Kuznetsov (3rd ed.), section 9.5.2; Kuznetsov & Meijer, SIAM J. Sci. Comput. 26 (2005)
///         1932, for this form and those of R2 to R4
struct resonance_1_form {
    double a = 0, b = 0;
};
[[nodiscard]] resonance_1_form resonance_1_at(const field& model, double step,
                                              const std::vector<double>& x,
                                              const std::vector<double>& p);

/// R2, two multipliers -1 with one eigenvector: (w0, w1) <- (-w0 + w1, -w1 + c w0^3 + d w0^2 w1).
/// The closed curve nearby is stable where 3 c + d > 0.
/// @source Kuznetsov (3rd ed.), section 9.5.3
struct resonance_2_form {
    double c = 0, d = 0;
};
[[nodiscard]] resonance_2_form resonance_2_at(const field& model, double step,
                                              const std::vector<double>& x,
                                              const std::vector<double>& p);

/// R3, multipliers exp(+-i theta) with theta = 2 pi/3: w <- exp(i theta) w + b conj(w)^2 + c w
/// |w|^2. The closed curve nearby is stable where a = Re(exp(-i theta) c) - |b|^2 < 0, which is the
/// limit of torus_coefficient.
/// @source Kuznetsov (3rd ed.), section 9.5.4
struct resonance_3_form {
    double b = 0;  ///< its modulus: the argument is that of the eigenvector
    std::complex<double> c;
    double a = 0;
};
[[nodiscard]] resonance_3_form resonance_3_at(const field& model, double step,
                                              const std::vector<double>& x,
                                              const std::vector<double>& p);

/// R4, multipliers +-i: w <- i w + c w |w|^2 + d conj(w)^3, and A = -i c/|d|: what happens near it
/// depends on A alone. At the point itself states nearby come to rest where Re A < 0 and |A| > 1.
/// @source Kuznetsov (3rd ed.), section 9.5.5
struct resonance_4_form {
    std::complex<double> c;
    double d = 0;  ///< its modulus
    std::complex<double> A;
};
[[nodiscard]] resonance_4_form resonance_4_at(const field& model, double step,
                                              const std::vector<double>& x,
                                              const std::vector<double>& p);

}  // namespace moebius
