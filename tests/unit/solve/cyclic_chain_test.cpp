// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <moebius/solve/cyclic_chain.hpp>

#include "catch.hpp"
#include "unit/dense_oracle.hpp"

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

TEST_CASE("cyclic_chain solves as the whole matrix does, also transposed", "[solve][oracle]") {
    const Index links = GENERATE(1, 2, 5);
    const Index n = 3, k = 2, size = links * n + k;
    MatrixXd whole = MatrixXd::Zero(size, size);
    moebius::cyclic_chain chain(n, k);
    chain.begin();
    for (Index j = 0; j < links; ++j) {
        const MatrixXd link = MatrixXd::Random(n, n + k), rows = MatrixXd::Random(k, n + k);
        whole.block(j * n, j * n, n, n) -= link.leftCols(n);
        whole.block(j * n, (j + 1) % links * n, n, n) += MatrixXd::Identity(n, n);
        whole.block(j * n, links * n, n, k) = -link.rightCols(k);
        whole.block(links * n, j * n, k, n) += rows.leftCols(n);
        whole.bottomRightCorner(k, k) += rows.rightCols(k);
        chain.add(link, rows);
    }
    chain.close();
    const VectorXd b = VectorXd::Random(size);
    const MatrixXd head = b.head(links * n).reshaped(n, links);
    const double rounding = 1e-13 * dense_oracle::condition(whole);

    const VectorXd x = chain.solve(head, b.tail(k));
    const VectorXd y = chain.solve_transposed(head, b.tail(k));

    CHECK((whole * x - b).norm() <= rounding * b.norm());
    CHECK((whole.transpose() * y - b).norm() <= rounding * b.norm());
}
