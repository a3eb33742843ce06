// SPDX-License-Identifier: MIT
// A point of a curve F(u) = 0 near a start that is not on it, whatever the tangent there.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <moebius/continuation/tracer.hpp>
#include <optional>
#include <vector>

namespace moebius {

/// The points that Newton's method must not come to: at u, the nearest of each branch.
using points_beside = std::function<std::vector<Eigen::VectorXd>(const Eigen::VectorXd& u)>;

/// Newton's method for m equations in m + 1 unknowns with steps across the null vector of DF, the
/// shortest ones: parameter and states move at once, so folds are no obstacle. With `known`, F is
/// multiplied by prod (1 + 1 / |u - r|^2) over those points r, and it goes elsewhere.
/// @param bound  of the length of a step
/// @source  Deuflhard, Newton Methods for Nonlinear Problems, section 4.4 (underdetermined);
///          Farrell, Birkisson & Funke, SIAM J. Sci. Comput. 37 (2015), eq. (3.3) with p = 2
[[nodiscard]] std::optional<Eigen::VectorXd> nearest_root(curve& of, const Eigen::VectorXd& start,
                                                          double bound,
                                                          const points_beside& known = {});

}  // namespace moebius
