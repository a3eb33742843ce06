// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <moebius/continuation/collocation.hpp>
#include <moebius/model/field.hpp>
#include <vector>

#include "truncated_orbit.hpp"

namespace moebius::detail {

/// The bounded solution of y' = -f_x^T y along a homoclinic orbit, which is across both manifolds
/// of its saddle everywhere; up to a factor.
struct adjoint_solution {
    Eigen::VectorXd end;  ///< at the one end of the orbit that was asked for
    /// The integral of y . f_p: how fast the manifolds part as a free parameter changes. Shape
    /// (free)
    Eigen::VectorXd splitting;
};

/// By collocation on steps in which f_x does little, whatever the orbit's mesh: near the saddle the
/// orbit rests, and what decays fast beside it would be lost on its long intervals.
/// @param orbit     from near the saddle to near it, turned by its rotation
/// @param time      that it takes
/// @param unstable  eigenvalues of the saddle that count as of positive real part, some but not all
/// @param first     whether the end where it begins is wanted
[[nodiscard]] adjoint_solution adjoint_along(const problem& at, const piecewise& orbit, double time,
                                             const saddle_point& saddle, std::size_t unstable,
                                             const std::vector<std::size_t>& free, bool first);

}  // namespace moebius::detail
