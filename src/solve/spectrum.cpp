// SPDX-License-Identifier: MIT
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {

std::vector<std::complex<double>> eigenvalues(const Eigen::MatrixXd& a) {
    if (a.rows() == 1) return {a(0, 0)};
    if (a == a.transpose()) {  // an eighth of the work
        const Eigen::VectorXd values = eigenvalues_of_symmetric(a).reverse();
        return {values.begin(), values.end()};
    }
    const Eigen::VectorXcd values = a.eigenvalues();
    std::vector<std::complex<double>> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end(), [](auto l, auto r) {
        return l.real() != r.real() ? l.real() > r.real() : l.imag() > r.imag();
    });
    return sorted;
}

null_pair null_vectors(const Eigen::MatrixXd& a) {
    const auto near = svd(a);
    const Eigen::Index last = a.cols() - 1;
    null_pair result{near.v.col(last), near.u.col(last), near.values[last]};
    if (result.left.dot(result.right) < 0) result.left = -result.left;
    return result;
}

}  // namespace moebius
