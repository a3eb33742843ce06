// SPDX-License-Identifier: MIT
// The closed forms of two experts under gaussian noise, whose load gap is erf(beta x / 2).
#include <array>
#include <cmath>
#include <limits>
#include <moebius/exact/two_expert.hpp>
#include <numbers>

#include "catch.hpp"

using namespace moebius;
using exact::two_expert;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();
constexpr auto gaussian = noise_law::gaussian;

/// With decay 1 and beta 2, x = y, feedback = mu, bias = eta.
two_expert gaussian_pair(double mu, double eta) { return {mu, 1, 2, eta, gaussian}; }

}  // namespace

TEST_CASE("gaussian noise loses the balance at feedback = sqrt(pi) decay / beta",
          "[exact][oracle]") {
    const double decay = GENERATE(0.3, 1.0, 50.0), beta = GENERATE(0.5, 1.0, 64.0);
    const auto fork = exact::pitchfork(decay, beta, gaussian);
    CHECK_THAT(fork.feedback, WithinRel(std::sqrt(std::numbers::pi) * decay / beta, 2 * eps));
    CHECK(exact::cusp(decay, beta, gaussian).fold.feedback == fork.feedback);
    CHECK_THAT(exact::eigenvalue(fork, 0), WithinAbs(0, 2 * eps * decay));
    // erf y = 2/sqrt(pi) (y - y^3/3 + y^5/10 - ...)
    const auto series = exact::expansion(fork);
    CHECK_THAT(series.cubic, WithinRel(-decay * beta * beta / 12, 8 * eps));
    CHECK_THAT(series.quintic, WithinRel(decay * std::pow(beta, 4) / 160, 8 * eps));
}

TEST_CASE("states and folds under gaussian noise have their reference values", "[exact][oracle]") {
    // mu, the upper state at eta = 0, its eigenvalue, and eta_c, computed with 50 digits (Python's
    // decimal) from y = mu erf y and eta_c = mu erf u - u, u^2 = ln(2 mu/sqrt(pi))
    const auto [mu, y, rate, width] = GENERATE(values<std::array<double, 4>>(
        {{0.9, 0.2157620652771101, -0.030651949979629, 0.0012846671395772},
         {1, 0.6174468790806070, -0.229301791607943, 0.0293841649539881},
         {1.5, 1.4367499686598526, -0.785190378968418, 0.3171710692361036},
         {2, 1.9902328376288838, -0.957023306840514, 0.6938207159838923},
         {3, 2.9999337008063995, -0.999582074630368, 1.5406353041790875}}));
    CAPTURE(mu);
    const auto all = exact::equilibria(gaussian_pair(mu, 0));
    REQUIRE(all.size() == 3);
    // 1e-14 of mu, by which 2 mu/sqrt(pi) - 1 = .0155 is less exact at .9
    CHECK_THAT(all[2].x, WithinRel(y, 1e-13));
    CHECK_THAT(all[2].eigenvalue, WithinAbs(rate, 1e-13));
    CHECK_THAT(all[2].loads[0] - all[2].loads[1], WithinRel(y / mu, 1e-13));
    CHECK(all[1].x == 0);
    CHECK_THAT(exact::half_width(mu, gaussian), WithinRel(width, 1e-12));
    CHECK(exact::equilibria(gaussian_pair(mu, 1.001 * width)).size() == 1);
    CHECK(exact::equilibria(gaussian_pair(mu, 0.999 * width)).size() == 3);
}

TEST_CASE("on the fold set of gaussian noise drift and eigenvalue vanish", "[exact][oracle]") {
    const double u = GENERATE(-4.0, -2.5, -1.0, -0.3, -1e-3, 0.0, 1e-6, 0.5, 1.9, 2.1);
    const double decay = 3, beta = 0.7;
    CAPTURE(u);
    const auto at = exact::fold(u, decay, beta, gaussian);
    const two_expert here{at.feedback, decay, beta, at.bias, gaussian};
    const double size = at.feedback + decay;
    CHECK_THAT(exact::drift(here, at.x), WithinAbs(0, 4 * eps * size * (1 + std::abs(at.x))));
    CHECK_THAT(exact::eigenvalue(here, at.x), WithinAbs(0, 16 * eps * size));
    CHECK_THAT(exact::fold_place(exact::fold(u, gaussian).mu, gaussian),
               WithinAbs(std::abs(u), 1e-7));  // half the digits next to the cusp
}

TEST_CASE("the potential under gaussian noise falls along the drift", "[exact]") {
    const two_expert p{2.5, 1.2, 0.8, 0.3, gaussian};
    const double x = GENERATE(-5.0, -0.4, 0.0, 0.01, 1.0, 9.0), h = 1e-4;
    // central differences: h^2/6 V''' and rounding eps |V|/h
    const double slope = (exact::potential(p, x + h) - exact::potential(p, x - h)) / (2 * h);
    CHECK_THAT(-slope, WithinAbs(exact::drift(p, x), 1e-8));
    CHECK(exact::potential(p, 0) == 0);
}

TEST_CASE("no closed forms are told without noise", "[exact][error]") {
    REQUIRE_THROWS_WITH(
        exact::equilibria({1, 1, 1, 0, noise_law::none}),
        "two-expert: no noise came, but closed forms are known for gumbel, logistic "
        "and gaussian noise");
    REQUIRE_THROWS_WITH(exact::half_width(0.5, gaussian),
                        "half_width: mu is 0.5, but it must be finite and >= 0.886226925452758: "
                        "below there is no fold");
}
