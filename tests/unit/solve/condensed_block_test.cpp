// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <moebius/solve/condensed_block.hpp>

#include "catch.hpp"
#include "unit/dense_oracle.hpp"

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

TEST_CASE("condensed_block solves for its unknowns, by loops and by blocks", "[solve][oracle]") {
    const Index n = GENERATE(1, 8, 9, 12, 16, 24, 40), others = 3;
    moebius::condensed_block block;
    block.resize(n, others);
    const MatrixXd a = MatrixXd::Random(n, n), b = MatrixXd::Random(n, others);
    block.inner() = a;
    block.outer() = b;
    block.condense();
    const double rounding = 1e-13 * dense_oracle::condition(a);

    CHECK((a * block.outer() + b).norm() <= rounding * b.norm());
    const VectorXd r = VectorXd::Random(n);
    VectorXd x = r, y = r;
    block.solve(x);
    block.solve_transposed(y);
    CHECK((a * x - r).norm() <= rounding * r.norm());
    CHECK((a.transpose() * y - r).norm() <= rounding * r.norm());
}

TEST_CASE("a singular block gives nothing finite", "[solve]") {
    moebius::condensed_block block;
    block.resize(2, 1);
    block.inner().setZero();
    block.outer().setOnes();
    block.condense();
    CHECK_FALSE(block.outer().allFinite());
}
