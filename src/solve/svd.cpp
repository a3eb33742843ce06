// SPDX-License-Identifier: MIT
#include <Eigen/SVD>
#include <moebius/solve/dense.hpp>

namespace moebius {
namespace {

template <int preconditioner, typename Matrix>
singular_values<typename Matrix::Scalar> by_jacobi(const Matrix& a) {
    const Eigen::JacobiSVD<Matrix, preconditioner> made(a,
                                                        Eigen::ComputeFullU | Eigen::ComputeFullV);
    return {made.matrixU(), made.matrixV(), made.singularValues()};
}

}  // namespace

singular_values<double> svd(const Eigen::MatrixXd& a) {
    return by_jacobi<Eigen::ColPivHouseholderQRPreconditioner>(a);
}

singular_values<std::complex<double>> svd(const Eigen::MatrixXcd& a) {
    eigen_assert(a.rows() == a.cols());
    return by_jacobi<Eigen::NoQRPreconditioner>(a);  // whose compilation takes half the time
}

}  // namespace moebius
