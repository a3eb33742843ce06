// SPDX-License-Identifier: MIT
#include "eigenpair.hpp"

#include <Eigen/Core>
#include <moebius/base/view.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius::detail {

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

MatrixXd jacobian_at(const field& model, const std::vector<double>& x,
                     const std::vector<double>& p) {
    const auto n = static_cast<Index>(x.size());
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(p.size()));
    model.linear(view(x), view(p), view(f), view(fx), view(fp));
    return fx;
}

MatrixXcd shifted(const MatrixXd& a, complex z) {
    return a.cast<complex>() - z * MatrixXcd::Identity(a.rows(), a.cols());
}

singular_pair::singular_pair(const MatrixXd& a, complex z) {
    const auto near = svd(shifted(a, z));
    const Index last = a.rows() - 1;
    right = near.v.col(last);
    left = near.u.col(last);
    value = near.values[last];
}

eigenpair::eigenpair(const MatrixXd& a, complex z) {
    const singular_pair near(a, z);
    q = near.right;
    w = near.left / std::conj(near.left.dot(near.right));
}

eigenpair::eigenpair(const MatrixXd& a, double z) {
    const auto null = null_vectors(a - z * MatrixXd::Identity(a.rows(), a.cols()));
    q = null.right.cast<complex>();
    w = null.left.cast<complex>() / null.left.dot(null.right);
}

VectorXcd solve_shifted(const MatrixXd& a, complex z, const VectorXcd& right) {
    return -partial_lu<complex>(shifted(a, z)).solve(right);
}

VectorXcd solve_beside(const MatrixXd& a, complex z, const eigenpair& critical,
                       const VectorXcd& right) {
    const Index n = a.rows();
    MatrixXcd bordered(n + 1, n + 1);
    bordered << -shifted(a, z), critical.q, critical.w.adjoint(), 0;
    VectorXcd full(n + 1);
    full << right, 0;
    return full_lu<complex>(bordered).solve(full).head(n);
}

}  // namespace moebius::detail
