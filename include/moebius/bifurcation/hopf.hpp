// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace moebius {

/// The Hopf point near (x, p) as `range` varies, by Newton's method on f = 0 and h = 0, where the
/// complex h is the last unknown of
///
///     [ f_x - i omega  b ] [ q ]   [ 0 ]
///     [ c^H            0 ] [ h ] = [ 1 ]
///
/// in the unknowns (x, p, omega). h vanishes exactly where i omega is an eigenvalue, so a neutral
/// saddle (eigenvalues a and -a) cannot be taken for a Hopf point.
///
/// The normal form has `omega`, `period` (2 pi / omega), `l1` (first Lyapunov coefficient, for a
/// critical eigenvector of length 1) and `crossing` (d Re(eigenvalue) / dp). Criticality is by the
/// sign of l1. The residual is that of f and of (f_x - i omega) q.
///
/// @param omega_guess  imaginary part of the eigenvalue, > 0
/// @return nothing if there is no Hopf point near, if it is a Bogdanov-Takens point (omega = 0), or
///         if several pairs cross at once: then it is simple in a smaller fixed-point space
/// @throws invalid_argument for a bad range, parameter, size or guess
/// @source Govaerts, Numerical Methods for Bifurcations of Dynamical Equilibria, section 4.3
///         (bordered matrices); Kuznetsov (3rd ed.), eq. (5.34) (l1)
[[nodiscard]] std::optional<special_point> find_hopf(const problem& base,
                                                     const parameter_range& range,
                                                     const std::vector<double>& x,
                                                     const std::vector<double>& p,
                                                     double omega_guess);

/// The critical eigenvector of a Hopf point: f_x q = i omega q, of length 1. A small cycle is
/// x + 2 r Re(q exp(i omega t)).
/// @param at   its model; the parameters are those of the point
/// @throws invalid_argument if the point has no omega in its normal form
[[nodiscard]] Eigen::VectorXcd critical_vector(const problem& at, const special_point& hopf);

/// A coefficient of a point's normal form; nothing if it has none of that name.
[[nodiscard]] std::optional<double> coefficient_of(const special_point& point,
                                                   std::string_view name);

}  // namespace moebius
