// SPDX-License-Identifier: MIT
#include "eigenpair.hpp"

#include <Eigen/Core>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/linearization.hpp>
#include <moebius/solve/spectrum.hpp>

#include "spectral_tests.hpp"

namespace moebius::detail {

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

namespace {

constexpr Index inverse_from = 32;  // states; below, an SVD costs nothing
constexpr int rounds = 4;           // each gains what the gap to the next singular value gives

}  // namespace

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

namespace {

/// The solutions of [m b; c^H 0] (x, s) = e and of its adjoint become the borders.
void iterate_inverse(const MatrixXcd& m, singular_pair& to) {
    const Index n = m.rows();
    to.right = to.left = generic_vector(n).normalized().cast<complex>();
    for (int round = 0; round < rounds; ++round) {
        MatrixXcd bordered(n + 1, n + 1);
        bordered << m, to.left, to.right.adjoint(), 0;
        const partial_lu<complex> lu(bordered);
        const VectorXcd x = lu.solve(VectorXcd::Unit(n + 1, n));
        const VectorXcd y = lu.solve_adjoint(VectorXcd::Unit(n + 1, n));
        to.value = std::abs(x[n]) / x.head(n).norm();
        to.right = x.head(n).normalized();
        to.left = y.head(n).normalized();
    }
}

}  // namespace

singular_pair::singular_pair(const MatrixXd& a, complex z) {
    if (a.rows() >= inverse_from) {
        iterate_inverse(shifted(a, z), *this);
        return;
    }
    const auto near = svd(shifted(a, z));
    const Index last = a.rows() - 1;
    right = near.v.col(last);
    left = near.u.col(last);
    value = near.values[last];
}

bool is_pair(const MatrixXd& a, double omega, double size) {
    if (oscillates(omega, size)) return true;
    const singular_pair at(a, i_unit * omega);
    // of a Jordan block with omega^2 in its corner the angle is 2 omega/size
    return oscillates(std::sqrt(std::abs(at.left.dot(at.right)) * omega * size / 2), size);
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
