// SPDX-License-Identifier: MIT
// The borders of [A b; c^T 0], which stays regular where A is singular.
#pragma once

#include <Eigen/Core>
#include <moebius/solve/spectrum.hpp>

namespace moebius {

/// Takes the null vectors of A as borders, on the sides of those that they follow.
/// @param b, c  (n), or empty where there are none yet
/// @return false, and both as they were, if the vectors are not finite
inline bool take_as_borders(const null_pair& null, Eigen::VectorXd& b, Eigen::VectorXd& c) {
    if (!null.left.allFinite() || !null.right.allFinite()) return false;
    const auto turned = [](const Eigen::VectorXd& to, const Eigen::VectorXd& from) {
        return from.size() > 0 && to.dot(from) < 0 ? Eigen::VectorXd(-to) : to;
    };
    b = turned(null.left, b);
    c = turned(null.right, c);
    return true;
}

}  // namespace moebius
