// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/exact/two_expert.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"

using namespace moebius;
using exact::two_expert;

namespace {

/// The model in its dimensionless form: with decay 1 and beta 2, x = y, feedback = mu, bias = eta.
two_expert scaled(double mu, double eta) { return {mu, 1, 2, eta}; }

}  // namespace

TEST_CASE("half_width has its reference values", "[exact][oracle]") {
    // computed from the formula with 40 digits (Python's decimal): docs/theory.md section 2
    const auto want = GENERATE(values<std::array<double, 2>>(
        {{1.05, 0.007344657555}, {1.5, 0.207546455322}, {2, 0.532839975354}, {3, 1.303273908003}}));

    CHECK_THAT(exact::half_width(want[0]),
               WithinAbs(want[1], 0.51e-12));  // half of the last decimal
}

TEST_CASE("half_width keeps its digits near the cusp and far from it", "[exact][oracle]") {
    const double d = std::ldexp(1.0, GENERATE(-52, -40, -20, -14));  // mu = 1 + d is exact
    // eta_c = integral of sinh^2 u/... = (2/3) d^1.5 (1 - 3d/10 + 9d^2/56 - ...): next 5e-15 at
    // 2^-14
    const double series = 2.0 / 3.0 * d * std::sqrt(d) * (1 - d * 3 / 10 + d * d * 9 / 56);
    CHECK_THAT(exact::half_width(1 + d), WithinRel(series, 4 * machine_epsilon + d * d * d));

    CHECK(exact::half_width(1) == 0);
    // the two forms of the formula meet at mu = 2
    CHECK_THAT(exact::half_width(std::nextafter(2.0, 1.0)),
               WithinRel(exact::half_width(2), 4 * machine_epsilon));
    // mu - 1/2 - ln(2 sqrt mu) + O(1/mu)
    CHECK_THAT(exact::half_width(1e200), WithinRel(1e200, machine_epsilon));
}

TEST_CASE("the load gap beyond the pitchfork has the values of docs/theory.md section 2",
          "[exact][oracle]") {
    // docs/theory.md section 2, to 12 decimals
    const auto [mu, gap, rate] =
        GENERATE(values<std::array<double, 3>>({{1.1, 0.502940574945, -0.178244144118},
                                                {1.5, 0.858559636640, -0.605686974501},
                                                {2, 0.957504024077, -0.833627912248}}));

    const auto all = exact::equilibria(scaled(mu, 0));

    REQUIRE(all.size() == 3);
    const double decimals = 0.51e-12;
    CHECK_THAT(all[2].loads[0] - all[2].loads[1], WithinAbs(gap, decimals));
    CHECK_THAT(all[2].eigenvalue, WithinAbs(rate, decimals));
    CHECK(all[0].x == -all[2].x);
    CHECK(all[1].x == 0);
    CHECK_THAT(all[1].eigenvalue, WithinAbs(mu - 1, machine_epsilon * mu));
    CHECK((all[0].stable && !all[1].stable && all[2].stable));
}

TEST_CASE("equilibria solve the model's own equation, three inside the cusp", "[exact][property]") {
    const double mu = GENERATE(-30.0, -1.0, 0.0, 0.5, 1.0, 1 + 1e-12, 1.001, 1.5, 4.0, 400.0);
    const double eta = GENERATE(-1e3, -2.0, -0.3, -1e-9, 0.0, 1e-30, 1e-3, 0.7, 50.0);
    const double decay = GENERATE(0.01, 1.0, 90.0), beta = GENERATE(0.02, 1.0, 99.0);
    const two_expert p = exact::with_scales({mu, eta}, decay, beta);
    const auto model = field_of<models::two_expert>();
    const double values[4] = {p.feedback, p.decay, p.beta, p.bias};

    const auto all = exact::equilibria(p);

    const bool three = mu > 1 && std::abs(eta) < exact::half_width(mu);
    REQUIRE(all.size() == (three ? 3 : 1));
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(mu, eta, decay, beta, i, all[i].x);
        double f = 0;
        model->rhs(view(all[i].x), values, view(f));
        const double size = decay * std::abs(all[i].x) + std::abs(p.feedback) + std::abs(p.bias);
        CHECK_THAT(f, WithinAbs(0.0, 4 * machine_epsilon * size));  // rounding of the sum's terms
        CHECK_THAT(all[i].loads[0] + all[i].loads[1], WithinAbs(1.0, machine_epsilon));
        CHECK(all[i].stable == (i % 2 == 0 && !(mu == 1 && eta == 0)));
        if (i > 0) CHECK(all[i - 1].x < all[i].x);
    }
}

TEST_CASE("equilibria near the pitchfork keep their relative accuracy", "[exact][oracle]") {
    const double d = std::ldexp(1.0, GENERATE(-50, -40, -30));  // mu = 1 + d is exact
    const auto all = exact::equilibria(scaled(1 + d, 0));

    REQUIRE(all.size() == 3);
    // y^2 = 3d (1 - d/5 + ...), from (mu - 1) y - mu y^3/3 + 2 mu y^5/15 = 0
    CHECK_THAT(all[2].x, WithinRel(std::sqrt(3 * d), d + 8 * machine_epsilon));
    CHECK_THAT(all[2].eigenvalue, WithinRel(-2 * d, 3 * d + 32 * machine_epsilon));
    // on the cusp's own vertical y^3/3 = eta
    CHECK_THAT(exact::equilibria(scaled(1, 1e-30)).front().x,
               WithinRel(std::cbrt(3e-30), 8 * machine_epsilon));
}

TEST_CASE("on the fold set the double equilibrium is named once", "[exact]") {
    const auto all = exact::equilibria(scaled(2, -exact::half_width(2)));

    REQUIRE(all.size() == 2);
    CHECK(all[0].stable);
    CHECK_FALSE(all[1].stable);
    CHECK(all[1].eigenvalue == 0);
    CHECK_THAT(all[1].x, WithinRel(std::acosh(std::sqrt(2.0)), 4 * machine_epsilon));
}

TEST_CASE("at a fold the model and its derivative vanish", "[exact][property]") {
    const double u = GENERATE(-3.0, -0.4, -1e-5, 0.0, 1e-3, 1.0, 2.5);
    const double decay = GENERATE(0.01, 1.0, 90.0), beta = GENERATE(0.02, 1.0, 99.0);

    const auto at = exact::fold(u, decay, beta);

    const two_expert p{at.feedback, decay, beta, at.bias};
    const double size = std::abs(at.feedback);
    CHECK_THAT(exact::drift(p, at.x), WithinAbs(0.0, 4 * machine_epsilon * size));
    CHECK_THAT(exact::eigenvalue(p, at.x), WithinAbs(0.0, 4 * machine_epsilon * size * beta));
    const auto d =
        exact::fold(u);  // eta = eta_c(mu); mu - 1 = sinh^2 u is known to machine_epsilon mu only
    const double lost = std::abs(u) < 1e-2 ? 1e-5 : 1e-13;
    if (u != 0) CHECK_THAT(std::abs(d.eta), WithinRel(exact::half_width(d.mu), lost));
    CHECK_THAT(exact::fold(1e-4).eta,
               WithinRel(-2e-12 / 3 * (1 + 2e-9), 4 * machine_epsilon));  // -2u^3/3 - 2u^5/15
}

TEST_CASE("the drift is minus the potential's slope", "[exact][property]") {
    const double x = GENERATE(-7.0, -0.5, 0.0, 0.3, 2.0, 40.0);
    const two_expert p{3.5, 0.8, 1.7, 0.2};
    const double h = 1e-3 / p.beta;

    const auto v = [&](double s) { return exact::potential(p, x + s * h); };
    const double slope = (8 * (v(1) - v(-1)) - (v(2) - v(-2))) / (12 * h);

    // fourth order: h^4 V^(5)/30 with |V^(5)| < 20; rounding of V over h
    const double rounding = 4 * machine_epsilon * std::abs(exact::potential(p, x)) / h;
    CHECK_THAT(slope, WithinAbs(-exact::drift(p, x), 1e-11 + rounding));
    CHECK(exact::potential(p, 0) == 0);
}

TEST_CASE("the expansion is the model's Taylor series", "[exact][oracle]") {
    const double decay = GENERATE(0.3, 1.0), beta = GENERATE(0.5, 4.0);
    const two_expert p{2.5, decay, beta, 0};
    const auto model = field_of<models::two_expert>();
    const double values[4] = {p.feedback, decay, beta, 0}, x = 0, v = 1, q[4] = {0, 0, 0, 0};
    double taylor[4];
    model->along(view(x), values, view(v), q, taylor);

    const auto series = exact::expansion(p);

    CHECK_THAT(series.linear,
               WithinAbs(taylor[1], 8 * machine_epsilon * (decay + p.feedback * beta)));
    CHECK_THAT(series.cubic, WithinRel(taylor[3], 8 * machine_epsilon));
    CHECK_THAT(series.cubic, WithinRel(-p.feedback * std::pow(beta, 3) / 24, 8 * machine_epsilon));
    const double s = 0.02 / beta;  // the seventh-order term is (17/42) (beta s/2)^2 of the quintic
    const double rest = exact::drift(p, s) - s * (series.linear + series.cubic * s * s);
    CHECK_THAT(rest, WithinRel(series.quintic * std::pow(s, 5), 1e-4));
}

TEST_CASE("the pitchfork and the cusp stand at feedback = 2 decay / beta", "[exact][oracle]") {
    const double decay = GENERATE(0.3, 1.0, 50.0), beta = GENERATE(0.5, 1.0, 64.0);

    const auto at = exact::cusp(decay, beta);

    CHECK(at.fold.feedback == exact::pitchfork(decay, beta).feedback);
    CHECK_THAT(at.fold.feedback, WithinRel(2 * decay / beta, machine_epsilon));
    CHECK(at.fold.bias == 0);
    CHECK_THAT(at.cubic,
               WithinRel(-at.fold.feedback * std::pow(beta, 3) / 24, 8 * machine_epsilon));
    // docs/theory.md section 2
    CHECK(exact::expansion(exact::dimensionless{1, 0}).cubic == -1.0 / 3);
}

TEST_CASE("the two-expert formulas say what they do not take", "[exact][error]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    REQUIRE_THROWS_WITH(exact::equilibria({1, 1, 0, 0}),
                        "two-expert: beta is 0, but it must be > 0 and finite");
    REQUIRE_THROWS_WITH(exact::scales_of(-2, 1),
                        "two-expert: decay is -2, but it must be > 0 and finite");
    REQUIRE_THROWS_WITH(exact::reduced({nan, 1, 1, 0}),
                        "two-expert: feedback is nan, but it must be finite");
    REQUIRE_THROWS_WITH(exact::reduced({1e300, 1e-9, 1, 0}),
                        "two-expert: feedback beta / (2 decay) is inf, but it must be finite");
    REQUIRE_THROWS_WITH(exact::half_width(0.5),
                        "half_width: mu is 0.5, but it must be finite and >= 1: below there is no "
                        "fold");
}
