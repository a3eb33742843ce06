// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <cmath>
#include <moebius/solve/arrow_lu.hpp>

#include "catch.hpp"
#include "unit/dense_oracle.hpp"

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using moebius::arrow_lu;
using moebius::arrow_matrix;

namespace {

arrow_matrix random_arrow(Index n, Index k) {
    return {VectorXd::Random(n), MatrixXd::Random(n, k), MatrixXd::Random(n, k),
            MatrixXd::Random(k, k)};
}

/// With blocks of two rows on the diagonal.
arrow_matrix random_blocks(Index n, Index k) {
    arrow_matrix a = random_arrow(2 * n, k);
    a.upper = VectorXd::Random(n);
    a.lower = VectorXd::Random(n);
    return a;
}

MatrixXd dense(const arrow_matrix& a) {
    MatrixXd result(a.rows(), a.rows());
    result << MatrixXd(a.diagonal.asDiagonal()), a.right, a.below.transpose(), a.corner;
    const Index h = a.upper.size();
    result.block(0, h, h, h) += a.upper.asDiagonal();
    result.block(h, 0, h, h) += a.lower.asDiagonal();
    return result;
}

void check_against_dense(const arrow_matrix& a) {
    const MatrixXd full = dense(a);
    const VectorXd b = VectorXd::Random(a.rows());
    arrow_lu lu;

    lu.compute(a);
    VectorXd x = b;
    lu.solve_in_place(x);

    const double condition = dense_oracle::condition(full);
    CAPTURE(a.rows(), a.diagonal.transpose(), condition);
    // backward stable: the residual is rounding, however small a diagonal entry is
    CHECK((full * x - b).norm() <= 1e-14 * (full.norm() * x.norm() + b.norm()));
    CHECK((x - dense_oracle::solution(full, b)).norm() <= 1e-14 * condition * x.norm());
    CHECK(lu.sign() == std::copysign(1.0, dense_oracle::determinant(full)));
}

}  // namespace

TEST_CASE("arrow_lu solves as a full-pivoting elimination does", "[solve][oracle]") {
    const Index n = GENERATE(1, 2, 3, 8, 40);
    const Index k = GENERATE(1, 2, 3);
    for (int repeat = 0; repeat < 10; ++repeat) check_against_dense(random_arrow(n, k));
}

TEST_CASE("arrow_lu solves with blocks on the diagonal, also singular ones", "[solve][oracle]") {
    const Index n = GENERATE(1, 2, 3, 20);
    const Index k = GENERATE(1, 2, 3);
    const double tiny = GENERATE(0.0, 1e-17, 1e-9, 1.0);
    for (int repeat = 0; repeat < 10; ++repeat) {
        arrow_matrix a = random_blocks(n, k);
        a.upper[0] = a.diagonal[0] * a.diagonal[n] / a.lower[0] + tiny;  // det = -tiny lower
        check_against_dense(a);
        a.diagonal[0] = a.upper[0] = a.lower[0] = 0;
        check_against_dense(a);
    }
}

TEST_CASE("zeros and tiny entries on the diagonal cost no accuracy", "[solve][oracle]") {
    const double tiny = GENERATE(0.0, 1e-300, 1e-17, 1e-9, 1e-4);
    for (int repeat = 0; repeat < 10; ++repeat) {
        arrow_matrix a = random_arrow(20, 2);
        a.diagonal[3] = tiny;
        a.diagonal[11] = -tiny;
        check_against_dense(a);
    }
    // Three alike: as far from singular as the third is from zero.
    if (tiny < 1e-9) return;
    arrow_matrix a = random_arrow(20, 2);
    a.diagonal.head(5).setConstant(tiny);
    arrow_lu lu;
    lu.compute(a);
    const VectorXd b = VectorXd::Random(22);
    VectorXd x = b;
    lu.solve_in_place(x);
    CHECK((dense(a) * x - b).norm() <= 1e-13 * (dense(a).norm() * x.norm() + b.norm()));
}

TEST_CASE("more zeros than the border can mend are a singular matrix", "[solve]") {
    arrow_matrix a = random_arrow(9, 2);
    a.diagonal.head(3).setZero();
    arrow_lu lu;
    lu.compute(a);
    VectorXd x = VectorXd::Ones(11);
    lu.solve_in_place(x);

    CHECK_FALSE(x.allFinite());
}
