// SPDX-License-Identifier: MIT
#include <Eigen/SVD>
#include <moebius/solve/dense.hpp>

namespace moebius {
namespace {

template <typename Scalar>
singular_values<Scalar> by_jacobi(const typename partial_lu<Scalar>::matrix& a) {
    const Eigen::JacobiSVD<typename partial_lu<Scalar>::matrix> made(
        a, Eigen::ComputeFullU | Eigen::ComputeFullV);
    return {made.matrixU(), made.matrixV(), made.singularValues()};
}

}  // namespace

singular_values<double> svd(const Eigen::MatrixXd& a) { return by_jacobi<double>(a); }

singular_values<std::complex<double>> svd(const Eigen::MatrixXcd& a) {
    return by_jacobi<std::complex<double>>(a);
}

}  // namespace moebius
