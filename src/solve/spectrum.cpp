// SPDX-License-Identifier: MIT
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <limits>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {

namespace {

constexpr Eigen::Index most_iterations = 4000;  // for each row: a hundred times Eigen's own

/// Eigen stops at forty iterations a row, which rounding decides where many eigenvalues are one,
/// and leaves what memory held before.
Eigen::VectorXcd values_of(const Eigen::MatrixXd& a) {
    Eigen::EigenSolver<Eigen::MatrixXd> made(a, false);
    if (made.info() == Eigen::NoConvergence) {
        made.setMaxIterations(most_iterations * a.rows());
        made.compute(a, false);
    }
    if (made.info() == Eigen::Success) return made.eigenvalues();
    return Eigen::VectorXcd::Constant(a.rows(), std::numeric_limits<double>::quiet_NaN());
}

}  // namespace

std::vector<std::complex<double>> eigenvalues(const Eigen::MatrixXd& a) {
    if (a.rows() == 1) return {a(0, 0)};
    if (a == a.transpose()) {  // an eighth of the work
        const Eigen::VectorXd values = eigenvalues_of_symmetric(a).reverse();
        return {values.begin(), values.end()};
    }
    const Eigen::VectorXcd values = values_of(a);
    std::vector<std::complex<double>> sorted(values.begin(), values.end());
    if (!values.allFinite()) return sorted;
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
