// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cmath>

namespace moebius::detail {

/// What something has of a leading eigenvector, with a sign that goes on along a curve.
struct leading_direction {
    static constexpr double one_way = 0.5;     // cosine of two directions that are one
    static constexpr double nothing = 1e-100;  // of a direction: a share without its sign

    Eigen::VectorXd known;  // eigenvector, of the two signs that of the point before
    double last = 1;        // share
    double size = 0;        // of the last one, against the vectors

    /// Another direction, as where two leading eigenvalues change places, says nothing of
    /// signs, nor does one of which there is nothing.
    void take(const Eigen::VectorXd& vector, double share) {
        const bool same = known.size() == vector.size() &&
                          std::abs(vector.dot(known)) > one_way * vector.norm() * known.norm();
        const double sign = (same ? vector.dot(known) : share * last) < 0 ? -1 : 1;
        known = sign * vector;
        last = share == 0 ? std::copysign(nothing, last) : sign * share;
    }
};

}  // namespace moebius::detail
