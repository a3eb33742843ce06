// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <Eigen/LU>
#include <moebius/solve/spectral_split.hpp>
#include <vector>

#include "catch.hpp"

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using moebius::split_spectrum;

namespace {

/// Of blocks with known eigenvalues: a double one of one eigenvector, a pair, and single ones.
MatrixXd blocks() {
    MatrixXd a = MatrixXd::Zero(6, 6);
    a.topLeftCorner(2, 2) << 1.5, 1, 0, 1.5;
    a.block(2, 2, 2, 2) << 0.3, 2, -2, 0.3;
    a.bottomRightCorner(2, 2) << -1e-3, 0, 0, -50;
    return a;
}

}  // namespace

TEST_CASE("a projection takes what belongs to eigenvalues of larger real part", "[solve][oracle]") {
    MatrixXd basis = MatrixXd::Identity(6, 6) + 0.4 * MatrixXd::Random(6, 6);
    const MatrixXd inverse = basis.inverse();
    const MatrixXd a = basis * blocks() * inverse;
    const auto count = GENERATE(as<std::size_t>{}, 0, 2, 4, 5, 6);
    VectorXd kept = VectorXd::Zero(6);
    kept.head(static_cast<Index>(count)).setOnes();

    const MatrixXd found = split_spectrum(a, count).upper;

    const double err = 1e-10 * basis.norm() * inverse.norm();  // rounding over the gap of .3
    CHECK((found - basis * kept.asDiagonal() * inverse).norm() < err);
}

TEST_CASE("its derivative is that of the projection along a line", "[solve][oracle]") {
    const MatrixXd a = blocks() + 0.1 * MatrixXd::Random(6, 6);
    const std::vector<MatrixXd> ways{MatrixXd::Random(6, 6), MatrixXd::Random(6, 6)};

    const auto found = split_spectrum(a, 4, ways);

    const double h = 1e-5;  // central differences err by h^2 and 1e-16 / h
    for (std::size_t k = 0; k < ways.size(); ++k) {
        const MatrixXd ahead = split_spectrum(a + h * ways[k], 4).upper,
                       behind = split_spectrum(a - h * ways[k], 4).upper;
        CHECK((found.changes[k] - (ahead - behind) / (2 * h)).norm() < 1e-6);
    }
}

TEST_CASE("alike real parts are not split", "[solve][error]") {
    MatrixXd a = MatrixXd::Zero(2, 2);
    a << 0, 1, -1, 0;
    CHECK_FALSE(split_spectrum(a, 1).upper.allFinite());
}
