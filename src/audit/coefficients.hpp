// SPDX-License-Identifier: MIT
// Normal forms by differences of f, with how sure they are.
#pragma once

#include "critical_vectors.hpp"
#include "whole_jacobian.hpp"

namespace moebius {

/// A coefficient, and the sum of the magnitudes of its terms: what is far below that is zero.
struct coefficient {
    double value = 0;
    double terms = 0;
    double doubt = 0;  ///< how much it changed when the differences' step was halved
};

/// w' = quadratic w^2 + cubic w^3 at a simple zero eigenvalue (in its fixed-point space), where
/// along(q) stays within the centre manifold.
/// @source  Kuznetsov (3rd ed.), section 5.4, eq. (5.41) and (8.125)
struct zero_eigenvalue_form {
    coefficient quadratic, cubic;
};
[[nodiscard]] zero_eigenvalue_form zero_eigenvalue_form_at(const whole_point& here,
                                                           const whole_jacobian& at,
                                                           const critical_vectors& of, double unit);

/// First Lyapunov coefficient at +-i omega.
/// @source  Kuznetsov (3rd ed.), eq. (5.34)
[[nodiscard]] coefficient lyapunov_coefficient_at(const whole_point& here, const whole_jacobian& at,
                                                  const critical_vectors& of, double omega,
                                                  double unit);

/// d Re(eigenvalue) / dp along the branch, for the parameter k.
/// @param length  of its range
[[nodiscard]] coefficient crossing_speed_at(const whole_point& here, const whole_jacobian& at,
                                            const critical_vectors& of, std::size_t k,
                                            double length);

/// The flip's b and the torus point's Re d of x <- x + step f(x).
/// @source  Kuznetsov (3rd ed.), section 5.4.2 and 5.4.3
[[nodiscard]] coefficient flip_coefficient_at(const whole_point& here, const whole_jacobian& at,
                                              const critical_vectors& of, double step, double unit);
[[nodiscard]] coefficient torus_coefficient_at(const whole_point& here, const whole_jacobian& at,
                                               const critical_vectors& of, double step,
                                               double theta, double unit);

/// a and b of w0' = w1, w1' = a w0^2 + b w0 w1 at a double zero eigenvalue with one eigenvector.
/// @source  Kuznetsov (3rd ed.), section 8.7.2
struct double_zero_form {
    coefficient a, b;
};
[[nodiscard]] double_zero_form double_zero_form_at(const whole_point& here,
                                                   const whole_jacobian& at,
                                                   const critical_vectors& of, double unit);

}  // namespace moebius
