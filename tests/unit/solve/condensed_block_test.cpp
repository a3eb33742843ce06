// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <moebius/solve/condensed_block.hpp>

#include "catch.hpp"
#include "unit/dense_oracle.hpp"
#include "unit/each_target.hpp"

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

TEST_CASE("condensed_block solves for its unknowns, in vectors of any length", "[solve][oracle]") {
    const Index n = GENERATE(1, 7, 8, 9, 12, 16, 24, 33, 40), others = 3;
    const MatrixXd a = MatrixXd::Random(n, n), b = MatrixXd::Random(n, others);
    const VectorXd r = VectorXd::Random(n);
    const double rounding = 1e-13 * dense_oracle::condition(a);
    MatrixXd first;  // bits are the same on every processor

    on_each_target([&] {
        moebius::condensed_block block;
        block.resize(n, others);
        block.inner() = a;
        block.outer() = b;
        block.condense();
        VectorXd x = r, y = r;
        block.solve(x);
        block.solve_transposed(y);

        CHECK((a * block.outer() + b).norm() <= rounding * b.norm());
        CHECK((a * x - r).norm() <= rounding * r.norm());
        CHECK((a.transpose() * y - r).norm() <= rounding * r.norm());
        MatrixXd all(n, others + 2);
        all << block.outer(), x, y;
        if (first.size() == 0) first = all;
        CHECK(all == first);
    });
}

TEST_CASE("a block is condensed again with other sizes", "[solve]") {
    moebius::condensed_block block;
    for (const Index n : {9, 3, 12}) {
        block.resize(n, 1);
        block.inner() = 2 * MatrixXd::Identity(n, n);
        block.outer().setOnes();
        block.condense();
        CHECK((block.outer().array() == -0.5).all());
    }
}

TEST_CASE("a singular block gives nothing finite", "[solve]") {
    moebius::condensed_block block;
    block.resize(2, 1);
    block.inner().setZero();
    block.outer().setOnes();
    block.condense();
    CHECK_FALSE(block.outer().allFinite());
}
