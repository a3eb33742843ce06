// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/solve/dense_lu.hpp>

#include "catch.hpp"
#include "unit/dense_oracle.hpp"

using moebius::dense_lu;

TEST_CASE("dense_lu solves as a full-pivoting elimination does", "[solve][oracle]") {
    const Eigen::Index n = GENERATE(1, 2, 3, 4, 5, 9);  // around the switch to Eigen
    dense_lu lu;
    for (int repeat = 0; repeat < 20; ++repeat) {
        Eigen::MatrixXd a = Eigen::MatrixXd::Random(n, n);
        if (n > 1) a(0, 0) = 0;  // needs a pivot
        const Eigen::VectorXd b = Eigen::VectorXd::Random(n);

        lu.compute(a);
        Eigen::VectorXd x = b;
        lu.solve_in_place(x);

        const double condition = dense_oracle::condition(a);
        CAPTURE(n, condition);
        CHECK((x - dense_oracle::solution(a, b)).norm() <=
              1e-14 * condition * x.norm());  // backward stable
        CHECK_THAT(lu.determinant(), WithinRel(dense_oracle::determinant(a), 1e-14 * condition));
    }
}

TEST_CASE("a singular matrix gives no finite solution", "[solve]") {
    dense_lu lu;
    lu.compute(Eigen::MatrixXd::Zero(2, 2));
    Eigen::VectorXd x = Eigen::VectorXd::Ones(2);
    lu.solve_in_place(x);

    CHECK_FALSE(x.allFinite());
}

TEST_CASE("dense_lu solves the transposed system", "[solve][oracle]") {
    const Eigen::Index n = GENERATE(1, 2, 3, 4, 5, 9);  // around the switch to Eigen
    dense_lu lu;
    for (int repeat = 0; repeat < 20; ++repeat) {
        Eigen::MatrixXd a = Eigen::MatrixXd::Random(n, n);
        if (n > 1) a(0, 0) = 0;  // needs a pivot
        const Eigen::VectorXd b = Eigen::VectorXd::Random(n);

        lu.compute(a);
        Eigen::VectorXd x = b;
        lu.solve_transposed_in_place(x);

        const double condition = dense_oracle::condition(a);
        CHECK((a.transpose() * x - b).norm() <= 1e-14 * condition * b.norm());  // backward stable
    }
}
