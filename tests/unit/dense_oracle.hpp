// SPDX-License-Identifier: MIT
// What Eigen's elimination with full pivoting says of a dense matrix: the oracle of all solvers
// that know more of theirs. Compiled once, since its templates take seconds.
#pragma once

#include <Eigen/Core>

namespace dense_oracle {

/// x with a x = b.
[[nodiscard]] Eigen::VectorXd solution(const Eigen::MatrixXd& a, const Eigen::VectorXd& b);
[[nodiscard]] double determinant(const Eigen::MatrixXd& a);
/// |a| |a^-1| in the Frobenius norm.
[[nodiscard]] double condition(const Eigen::MatrixXd& a);
/// Of unit length, of a (m, m + 1) of full rank.
[[nodiscard]] Eigen::VectorXd null_vector(const Eigen::MatrixXd& a);

}  // namespace dense_oracle
