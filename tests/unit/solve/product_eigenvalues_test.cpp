// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <moebius/solve/product_eigenvalues.hpp>
#include <moebius/solve/spectrum.hpp>
#include <random>
#include <vector>

#include "catch.hpp"

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using moebius::product_eigenvalues;

namespace {

/// Of three dimensions or more, by reflections.
MatrixXd some_rotation(Index n) {
    MatrixXd made = MatrixXd::Identity(n, n);
    for (int k = 0; k < 3; ++k) {
        const VectorXd v = VectorXd::Random(n).normalized();
        made -= 2 * (made * v) * v.transpose();
    }
    return made;
}

}  // namespace

TEST_CASE("eigenvalues of a short product are those of the matrix", "[solve][oracle]") {
    const Index n = GENERATE(1, 2, 3, 6);
    const int count = GENERATE(1, 2, 7);
    std::vector<MatrixXd> factors;
    MatrixXd product = MatrixXd::Identity(n, n);
    for (int k = 0; k < count; ++k) {
        factors.push_back(MatrixXd::Random(n, n));
        product = factors.back() * product;
    }
    auto expected = moebius::eigenvalues(product);
    const auto found = product_eigenvalues(factors);

    REQUIRE(found.size() == expected.size());
    for (const auto value : found) {  // those of the product itself err in its norm
        const auto nearest = std::min_element(
            expected.begin(), expected.end(),
            [value](auto l, auto r) { return std::abs(l - value) < std::abs(r - value); });
        CHECK(std::abs(*nearest - value) <= 1e-11 * product.norm());
        expected.erase(nearest);
    }
}

TEST_CASE("an eigenvalue 1 is exact beside others of any size", "[solve][oracle]") {
    // A_j = Q_{j+1} U_j Q_j^T, U_j triangular: the eigenvalues are products of their diagonals
    const Index n = 4;
    const int count = 60;
    const double growth = GENERATE(1.5, 4.0, 100.0, 1e6);
    std::vector<MatrixXd> factors;
    const MatrixXd first = some_rotation(n);
    MatrixXd before = first;
    for (int k = 0; k < count; ++k) {
        MatrixXd u =
            0.2 * MatrixXd::Random(n, n).triangularView<Eigen::StrictlyUpper>().toDenseMatrix();
        u.diagonal() << 1 / growth, (k % 2 == 0 ? 2.0 : 0.5), -growth, 1 / (growth * growth);
        if (k == 0) u(2, 2) = growth;
        const MatrixXd after = k + 1 < count ? some_rotation(n) : first;
        factors.push_back(after * u * before.transpose());
        before = after;
    }
    const auto found = product_eigenvalues(factors);

    REQUIRE(found.size() == 4);
    // each factor is rounded against its own norm
    CHECK(std::abs(found[1] - 1.0) < 10 * count * std::numeric_limits<double>::epsilon() * growth);
    const double high = std::pow(growth, count);
    CHECK(found[0].imag() == 0);
    CHECK_THAT(found[0].real(),  // a minus for each factor but one
               high < moebius::largest_eigenvalue ? WithinRel(-high, 1e-11)
                                                  : WithinRel(-moebius::largest_eigenvalue, 1e-11));
    if (growth < 10) CHECK_THAT(found[2].real(), WithinRel(1 / high, 1e-9));
}

TEST_CASE("eigenvalues that no shift parts are told by their block", "[solve]") {
    constexpr Index n = 10;
    constexpr int links = 150;
    // with these one coupling stays in 60 sweeps, or several in a row
    std::mt19937 rng{GENERATE(10150u, 12u, 17u, 18u)};
    std::normal_distribution<double> normal;
    const auto frame = [&]() -> MatrixXd {
        MatrixXd columns(n, n);
        for (double& x : columns.reshaped()) x = normal(rng);
        return Eigen::HouseholderQR<MatrixXd>(columns).householderQ();
    };
    const MatrixXd first = frame();
    MatrixXd before = first;
    std::vector<MatrixXd> factors;
    for (int k = 0; k < links; ++k) {
        MatrixXd t = MatrixXd::Zero(n, n);  // eigenvalues of the product: 1, and nine of .3^150
        for (Index i = 0; i < n; ++i) {
            t(i, i) = i == 0 ? 1 : 0.3;
            for (Index j = i + 1; j < n; ++j) t(i, j) = normal(rng);
        }
        const MatrixXd next = k + 1 < links ? frame() : first;
        factors.emplace_back(next * t * before.transpose());
        before = next;
    }

    const auto found = product_eigenvalues(factors);

    REQUIRE(found.size() == n);
    CHECK(std::abs(found[0] - 1.0) < 1e-12);
    CHECK(std::abs(found[1]) < 1e-20);
}

TEST_CASE("a singular factor has an eigenvalue 0", "[solve]") {
    std::vector<MatrixXd> factors{MatrixXd::Random(3, 3), MatrixXd::Random(3, 3)};
    factors[1].col(1) = 2 * factors[1].col(0);
    const auto found = product_eigenvalues(factors);
    REQUIRE(found.size() == 3);
    CHECK(std::abs(found[2]) < 1e-14);
}

TEST_CASE("complex eigenvalues come as exact pairs, and no number of what is not finite",
          "[solve]") {
    std::vector<MatrixXd> factors(2, MatrixXd::Identity(2, 2));
    factors[0] = 3 * MatrixXd::Identity(2, 2).rowwise().reverse();
    factors[0](0, 1) = -3;
    const auto found = product_eigenvalues(factors);
    REQUIRE(found.size() == 2);
    CHECK(found[0] == std::conj(found[1]));
    CHECK_THAT(found[0].imag(), WithinRel(3, 1e-14));
    factors[1](0, 0) = std::nan("");
    CHECK(product_eigenvalues(factors).empty());
}
