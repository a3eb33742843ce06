// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/exact/sign_rule.hpp>
#include <numbers>

using namespace moebius;

TEST_CASE("what is left of a sign rule's gain is that of a swing with noise", "[exact][oracle]") {
    // E[sign(a cos t + g) cos t] of a normal g, over its value (2/pi)^(1/2) a/2 for small a: over g
    // the mean of the sign is erf(a cos t/sqrt 2), and the mean over t is taken point by point
    const double a = GENERATE(0.05, 0.5, 1.0, 1.88, 3.85, 10.0, 40.0);
    const int points = 20000;
    double mean = 0;
    for (int i = 0; i < points; ++i) {
        const double c = std::cos(2 * std::numbers::pi * (i + 0.5) / points);
        mean += std::erf(a * c / std::numbers::sqrt2) * c / points;
    }
    // the erf of a = 40 is a step of width 1/40 rad, which 20,000 points resolve to 1e-9
    CHECK_THAT(exact::sign_gain_left(a),
               Catch::Matchers::WithinRel(mean / (a / 2 * std::sqrt(2 / std::numbers::pi)), 1e-8));
}

TEST_CASE("the gain left is 1 at rest and falls as 1/a", "[exact]") {
    CHECK_THAT(exact::sign_gain_left(0), Catch::Matchers::WithinRel(1.0, 1e-14));
    const double far = 1e6;
    CHECK_THAT(exact::sign_gain_left(far) * far,
               Catch::Matchers::WithinRel(2 * std::sqrt(2 / std::numbers::pi), 1e-11));
    // both forms where one takes over from the other, a = 632.4555; F falls by 1.6e-6 between
    CHECK_THAT(
        exact::sign_gain_left(632.456),
        Catch::Matchers::WithinRel(exact::sign_gain_left(632.455) * 632.455 / 632.456, 1e-11));
}

TEST_CASE("the basin of a sign rule ends where its gain does", "[exact]") {
    // docs/theory.md section 7: N = 2, gamma = 0.5, found there by simulation
    CHECK_THAT(exact::sign_basin(0.2, 0.5), Catch::Matchers::WithinAbs(3.85, 0.01));
    CHECK_THAT(exact::sign_basin(0.35, 0.5), Catch::Matchers::WithinAbs(1.88, 0.01));
    CHECK(exact::sign_basin(0, 0.5) == std::numeric_limits<double>::infinity());
    CHECK(exact::sign_basin(0.5, 0.5) == 0);
    CHECK(exact::sign_basin(0.1, 0) == 0);
    const double slight = exact::sign_basin(1e-3, 1);
    CHECK_THAT(exact::sign_gain_left(slight), Catch::Matchers::WithinRel(1e-3, 1e-10));
    CHECK_THROWS_AS(exact::sign_basin(0.1, -1), invalid_argument);
    CHECK_THROWS_AS(exact::sign_gain_left(std::nan("")), invalid_argument);
}
