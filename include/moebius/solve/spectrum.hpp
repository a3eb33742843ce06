// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <complex>
#include <vector>

namespace moebius {

/// All eigenvalues of a square matrix, by falling real part.
/// @cost  O(n^3); a matrix of one row is answered at once
[[nodiscard]] std::vector<std::complex<double>> eigenvalues(const Eigen::MatrixXd& a);

/// Unit null vectors of a square matrix that is singular up to rounding, of its smallest singular
/// value.
struct null_pair {
    Eigen::VectorXd right;  ///< v with a v = 0
    Eigen::VectorXd left;   ///< w with w^T a = 0, signed so that w . v >= 0
    double singular_value;  ///< what is left of the smallest singular value
};
[[nodiscard]] null_pair null_vectors(const Eigen::MatrixXd& a);

}  // namespace moebius
