// SPDX-License-Identifier: MIT
#include <Eigen/QR>
#include <moebius/solve/dense.hpp>

namespace moebius {

Eigen::VectorXd least_squares(const Eigen::MatrixXd& a, const Eigen::VectorXd& b,
                              double threshold) {
    Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> made;
    if (threshold > 0) made.setThreshold(threshold);
    made.compute(a);
    return made.solve(b);
}

Eigen::MatrixXd pseudo_inverse(const Eigen::MatrixXd& a) {
    return a.completeOrthogonalDecomposition().pseudoInverse();
}

}  // namespace moebius
