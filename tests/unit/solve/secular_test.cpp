// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/secular.hpp>

#include "catch.hpp"

using Eigen::Index;
using Eigen::VectorXd;
using moebius::rank_one_update;

namespace {

/// Eigenvalues of diag(d) +- z z^T, falling.
VectorXd dense_spectrum(const rank_one_update& a) {
    const VectorXd z = a.weights.cwiseAbs().cwiseSqrt();
    Eigen::MatrixXd full = a.diagonal.asDiagonal();
    full += (a.weights.sum() < 0 ? -1 : 1) * (z * z.transpose());
    return moebius::eigen_of_symmetric(full).values.reverse();
}

void check_roots_against_dense(const rank_one_update& a) {
    const VectorXd expected = dense_spectrum(a);
    const double scale = a.diagonal.cwiseAbs().maxCoeff() + a.weights.cwiseAbs().sum();
    const auto n = static_cast<std::size_t>(expected.size());

    const auto all = moebius::leading_eigenvalues(a, n);
    const auto two = moebius::leading_eigenvalues(a, 2);

    REQUIRE(all.size() == n);
    REQUIRE(two.size() == std::min<std::size_t>(n, 2));
    CAPTURE(n, a.diagonal.transpose(), a.weights.transpose());
    const double rounding = 1e-15 * static_cast<double>(n + 10) * scale;  // Eigen's own, mostly
    for (std::size_t i = 0; i < n; ++i)
        CHECK_THAT(all[i], WithinAbs(expected[static_cast<Index>(i)], rounding));
    for (std::size_t i = 0; i < two.size(); ++i) CHECK_THAT(two[i], WithinAbs(all[i], rounding));
    // The count is only in question for an eigenvalue that is zero to rounding.
    const auto surely = (expected.array() > rounding).count();
    const auto perhaps = (expected.array() > -rounding).count();
    const auto counted = static_cast<Index>(moebius::positive_eigenvalues(a));
    CHECK(counted >= surely);
    CHECK(counted <= perhaps);
}

/// Numbers in [-1, 1] of which some agree, nearly or exactly.
VectorXd clustered(Index n, double spread) {
    VectorXd d = VectorXd::Random(n);
    for (Index i = 0; i + 1 < n; i += 2) d[i + 1] = d[i] + spread * d[i + 1];
    return d;
}

}  // namespace

TEST_CASE("secular eigenvalues are the dense ones", "[solve][oracle]") {
    const Index n = GENERATE(1, 2, 3, 7, 40, 200);
    const double sign = GENERATE(-1.0, 1.0);
    for (int repeat = 0; repeat < 10; ++repeat)
        check_roots_against_dense({VectorXd::Random(n), sign * VectorXd::Random(n).cwiseAbs()});
}

TEST_CASE("equal and nearly equal poles keep their multiplicity", "[solve][oracle]") {
    const Index n = GENERATE(2, 9, 60);
    const double sign = GENERATE(-1.0, 1.0);
    const double spread = GENERATE(0.0, 1e-16, 1e-14, 1e-12, 1e-8);
    check_roots_against_dense({clustered(n, spread), sign * VectorXd::Random(n).cwiseAbs()});
    check_roots_against_dense({VectorXd::Constant(n, 0.3), VectorXd::Constant(n, sign / 7)});
}

TEST_CASE("weights of zero or nearly zero leave their eigenvalues where they are",
          "[solve][oracle]") {
    const double sign = GENERATE(-1.0, 1.0);
    const double small = GENERATE(0.0, 1e-300, 1e-40, 1e-20, 1e-9);
    for (int repeat = 0; repeat < 10; ++repeat) {
        VectorXd w = VectorXd::Random(30).cwiseAbs();
        for (Index i = 0; i < 30; i += 3) w[i] = small;
        check_roots_against_dense({clustered(30, 1e-3), sign * w});
        check_roots_against_dense({VectorXd::Random(30), VectorXd::Constant(30, sign * small)});
    }
}

TEST_CASE("the balanced state's eigenvalues are counted right on both sides of its loss",
          "[solve][property]") {
    const Index n = GENERATE(2, 3, 64, 65536);
    const double share = 1 / static_cast<double>(n);
    // K (diag p - p p^T) - 1 with p = 1/n: K/n - 1 along n - 1 directions, -1 along (1..1)
    const auto at = [&](double over) {
        const double k = static_cast<double>(n) * (1 + over);
        return rank_one_update{VectorXd::Constant(n, k * share - 1),
                               VectorXd::Constant(n, -k * share * share)};
    };

    CHECK(moebius::positive_eigenvalues(at(1e-9)) == static_cast<std::size_t>(n - 1));
    CHECK(moebius::positive_eigenvalues(at(-1e-9)) == 0);
    CHECK_THAT(moebius::leading_eigenvalues(at(1e-9), 1)[0], WithinAbs(1e-9, 1e-14));
}

TEST_CASE("a pole at zero with a weight is counted between its neighbours", "[solve]") {
    const Eigen::Vector4d d(-1, 0, 0, 2), ones = Eigen::Vector4d::Ones();
    // one of the two zeros stays, the other moves towards the next pole
    CHECK(moebius::positive_eigenvalues({d, ones}) == 2);
    CHECK(moebius::positive_eigenvalues({d, -ones}) == 1);
}
