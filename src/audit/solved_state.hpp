// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/model/field.hpp>
#include <moebius/solve/newton.hpp>

namespace moebius {

/// Newton's method for f = 0 at the parameters of a problem.
/// @cost  O(n) a step where the model gives its Jacobian as diagonal plus low rank
[[nodiscard]] newton_result solved_state(const problem& at, const Eigen::VectorXd& start,
                                         const newton_options& options = {});

}  // namespace moebius
