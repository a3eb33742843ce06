// SPDX-License-Identifier: MIT
// What besides f = 0 defines special points, over enclosures: equations for critical eigenvectors.
#pragma once

#include <complex>
#include <functional>

#include "critical_space.hpp"

namespace moebius {

/// Equations beside f(x, p) = 0, with unknowns of their own. They are more than those by the number
/// of parameters that they fix.
struct critical_mode {
    Eigen::VectorXd guess;  ///< of its unknowns, near the point; they are of order 1 but for rates
    std::size_t equations = 0;
    /// Sets `out` (equations) at x, p and its unknowns, all constants in s.
    std::function<void(std::span<const enclosed> x, std::span<const enclosed> p,
                       std::span<const enclosed> own, std::span<enclosed> out)>
        evaluate;
    std::size_t rate = 0;  ///< 1 + position of an unknown that is not 0: a pair is not real
};

/// Where modes are built: the double values near the point.
struct mode_place {
    std::span<const double> x, p;
};

/// (f_x - value) v = 0 and c^T v = 1: a real eigenvalue. Fixes one parameter.
[[nodiscard]] critical_mode real_mode(const critical_space& space, const mode_place& at,
                                      const enclosed& value);

/// f_x v = 0 and f_xx(v, v)/2 + f_x z = 0, the terms of f(x + s v + s^2 z) up to s^2, with
/// c^T v = 1 and c^T z = 0: a cusp. Fixes two.
[[nodiscard]] critical_mode cusp_mode(const critical_space& space, const mode_place& at);

/// f_x v = 0 and f_x g = v, with c^T v = 1 and c^T g = 0: a double zero. Fixes two.
[[nodiscard]] critical_mode chain_mode(const critical_space& space, const mode_place& at);

/// f_x (a + i b) = i omega (a + i b) and c^H (a + i b) = 1; omega is the last unknown. Fixes one.
[[nodiscard]] critical_mode pair_mode(const critical_space& space, const mode_place& at);
/// Of the pair near i omega, where several are near the axis.
[[nodiscard]] critical_mode pair_mode(const critical_space& space, const mode_place& at,
                                      double omega);

/// pair_mode, and that the first Lyapunov coefficient is 0, by the invariance of the centre
/// manifold x + w q + conj + h20 w^2/2 + conj + h11 |w|^2 + h21 w |w|^2/2 + conj, w' = i (omega + d
/// |w|^2) w:
///
///     f_x h11 + B(q, q*) = 0,   (2 i omega - f_x) h20 = B(q, q),
///     (i omega - f_x) h21 = C(q, q, q*) + 2 B(q, h11) + B(q*, h20) - 2 i d q,   c^H h21 = 0
///
/// Fixes two.
/// @source  Kuznetsov (3rd ed.), section 8.7.3 and eq. (5.34), without left eigenvectors
[[nodiscard]] critical_mode bautin_mode(const critical_space& space, const mode_place& at);

/// f_x (a + i b) = (C - 1 + i S)/step (a + i b), C^2 + S^2 = 1 and c^H (a + i b) = 1: multipliers
/// C + i S of a map on the unit circle; C and S are the last unknowns. Fixes one.
[[nodiscard]] critical_mode circle_mode(const critical_space& space, const mode_place& at,
                                        double step);

/// How far the eigenvalues on a space are from what a mode needs.
struct mode_distance {
    double zero = 0;    ///< to an eigenvalue 0
    double twice = 0;   ///< to two of them
    double pair = 0;    ///< to a pair on the imaginary axis; infinite if all are real
    double flip = 0;    ///< to the multiplier -1 of the map
    double circle = 0;  ///< to a pair of multipliers on the unit circle; infinite if all are real
};
/// @param step  of the map, or 0 for none
[[nodiscard]] mode_distance distance_to_modes(const critical_space& space, const mode_place& at,
                                              double step);

}  // namespace moebius
