// SPDX-License-Identifier: MIT
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

std::vector<std::complex<double>> generalized_eigenvalues(const Eigen::MatrixXd& a,
                                                          const Eigen::MatrixXd& b) {
    const Eigen::GeneralizedEigenSolver<Eigen::MatrixXd> made(a, b, false);
    std::vector<std::complex<double>> values;
    for (Eigen::Index i = 0; i < a.rows(); ++i)
        values.push_back(made.alphas()[i] / made.betas()[i]);
    return values;
}

}  // namespace moebius
