// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>

#include "catch.hpp"

using namespace moebius;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// (x^2 - a, x y - 1): root (sqrt a, 1/sqrt a).
square_system roots_of(double a) {
    return [a](const VectorXd& u, VectorXd& f, MatrixXd& df) {
        f << u[0] * u[0] - a, u[0] * u[1] - 1;
        df << 2 * u[0], 0, u[1], u[0];
    };
}

}  // namespace

TEST_CASE("newton reaches a root to rounding", "[solve][oracle]") {
    const auto found = newton(roots_of(2), VectorXd::Ones(2));

    REQUIRE(found);
    CHECK_THAT(found.u[0], WithinAbs(std::sqrt(2.0), 4e-16));  // one ulp and its half
    CHECK_THAT(found.u[1], WithinAbs(std::sqrt(0.5), 4e-16));
    CHECK(found.iterations <= 8);  // quadratic convergence from 0.4 away
}

TEST_CASE("newton of many unknowns reaches a root to rounding from near and far",
          "[solve][oracle]") {
    const Eigen::Index n = 60;  // factors are kept
    const VectorXd root = VectorXd::LinSpaced(n, 1, 2);
    const square_system cubes = [&](const VectorXd& u, VectorXd& f, MatrixXd& df) {
        const double sum = (u - root).sum();  // which couples all of them
        f = (u.array().cube() - root.array().cube() + sum).matrix();
        df.setConstant(1);
        df.diagonal() += 3 * u.cwiseAbs2();
    };
    for (const double off : {1e-6, 1e-2, 0.5, 3.0}) {
        const auto found = newton(cubes, root.array() + off);

        REQUIRE(found);
        CHECK((found.u - root).cwiseAbs().maxCoeff() <= 1e-14);  // condition 60/3, a few roundings
        CHECK(found.iterations <= 20);
    }
    const square_system flat = [&](const VectorXd& u, VectorXd& f, MatrixXd& df) {
        f = (u.array().square() + 1).matrix();
        df.setZero();
    };
    CHECK(newton(flat, root).status == outcome::singular_jacobian);
}

TEST_CASE("newton names what went wrong", "[solve]") {
    CHECK(newton(roots_of(2), VectorXd::Zero(2)).status == outcome::singular_jacobian);
    CHECK(newton(roots_of(2), VectorXd::Constant(2, NAN)).status == outcome::not_finite);
    const auto rootless = [](const VectorXd& u, VectorXd& f, MatrixXd& df) {
        f[0] = u[0] * u[0] + 1;
        df(0, 0) = 2 * u[0];
    };
    CHECK(newton(rootless, VectorXd::Constant(1, 0.7)).status == outcome::stalled);
    CHECK(to_string(outcome::stalled) == "stalled");
}

TEST_CASE("eigenvalues come by falling real part", "[solve][oracle]") {
    MatrixXd a(3, 3);
    a << 0, -2, 0, 2, 0, 0, 0, 0, 1;  // a rotation and a growing direction

    const auto values = eigenvalues(a);

    REQUIRE(values.size() == 3);
    const double rounding = 1e-14;  // of a normal matrix of norm 2
    CHECK_THAT(std::abs(values[0] - 1.0), WithinAbs(0, rounding));
    CHECK_THAT(std::abs(values[1] - std::complex<double>(0, 2)), WithinAbs(0, rounding));
    CHECK_THAT(std::abs(values[2] - std::complex<double>(0, -2)), WithinAbs(0, rounding));
}

TEST_CASE("null vectors are annihilated from both sides", "[solve][property]") {
    VectorXd left(3), right(3);
    left << 1, 2, -1;
    right << 0.5, 1, 2;
    MatrixXd a = MatrixXd::Random(3, 3);
    a -= (a * right) * right.transpose() / right.squaredNorm();
    a -= left * (left.transpose() * a) / left.squaredNorm();

    const auto null = null_vectors(a);

    const double rounding = 1e-14;  // entries of order one
    CHECK_THAT((a * null.right).norm(), WithinAbs(0, rounding));
    CHECK_THAT((a.transpose() * null.left).norm(), WithinAbs(0, rounding));
    CHECK(null.left.dot(null.right) >= 0);
    CHECK_THAT(null.right.norm(), WithinAbs(1, rounding));
}
