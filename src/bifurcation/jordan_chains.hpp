// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius::detail {

/// Chains a q0 = 0, a q1 = q0 and a^T p1 = 0, a^T p0 = p1 with p_i . q_j = 1 where i = j, else 0,
/// and |q0| = 1.
struct jordan_chains {
    Eigen::VectorXd q0, q1, p0, p1;

    explicit jordan_chains(const Eigen::MatrixXd& a) {
        const Eigen::Index n = a.rows();
        const auto null = null_vectors(a);
        Eigen::MatrixXd bordered(n + 1, n + 1);
        bordered << a, null.left, null.right.transpose(), 0;
        const full_lu<double> lu(bordered);
        const full_lu<double> transposed(bordered.transpose());
        Eigen::VectorXd right(n + 1);
        q0 = null.right;
        p1 = null.left;
        right << q0, 0;
        q1 = lu.solve(right).head(n);
        right << p1, 0;
        p0 = transposed.solve(right).head(n);
        const double scale = p1.dot(q1);
        p0 /= scale;
        p1 /= scale;
        p0 -= p0.dot(q1) * p1;
    }
};

}  // namespace moebius::detail
