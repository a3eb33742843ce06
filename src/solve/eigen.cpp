// SPDX-License-Identifier: MIT
#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <moebius/solve/dense.hpp>

namespace moebius {

symmetric_eigen eigen_of_symmetric(const Eigen::MatrixXd& a) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> made(a);
    return {made.eigenvalues(), made.eigenvectors()};
}

Eigen::VectorXd eigenvalues_of_symmetric(const Eigen::MatrixXd& a) {
    return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(a, Eigen::EigenvaluesOnly).eigenvalues();
}

bool is_positive_definite(const Eigen::MatrixXd& a) {
    return Eigen::LLT<Eigen::MatrixXd>(a).info() == Eigen::Success;
}

Eigen::VectorXd singular_values_of(const Eigen::MatrixXd& a) {
    const Eigen::MatrixXd square = a * a.transpose();
    return eigenvalues_of_symmetric(square).reverse().cwiseMax(0).cwiseSqrt();
}

}  // namespace moebius
