// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/exact/scalar_response.hpp>
#include <moebius/exact/two_expert.hpp>
#include <moebius/model/token_response.hpp>
#include <numbers>

#include "catch.hpp"

using namespace moebius;

namespace {

exact::response of(models::token_response model, double beta) {
    return [model, beta](double x) { return model.response(x, beta); };
}

/// Two groups of tokens at margins -a and a, with Gumbel noise: a specialised router.
exact::response two_groups(double a, double beta) {
    const std::array<double, 2> margins{-a, a};
    return of(models::token_response(law_of_margins(margins, noise_law::gumbel)), beta);
}

}  // namespace

TEST_CASE("the scalar fold set of tanh is the two-expert fold set", "[exact][oracle]") {
    const double decay = 0.7, beta = 3, margin[1] = {0};
    const auto tanh = of(models::token_response(law_of_margins(margin, noise_law::gumbel)), beta);

    const auto set = exact::scalar_response(tanh, decay, {-2, 2, 40}).fold_set();

    REQUIRE(set.size() == 41);
    for (const auto& fold : set) {
        const auto want = exact::fold(beta * fold.x / 2, decay, beta);
        const double slope_lost = 4 * machine_epsilon * std::cosh(6.0);  // 1 - tanh^2 near +-1
        CHECK_THAT(fold.feedback, WithinRel(want.feedback, slope_lost));
        CHECK_THAT(fold.bias, WithinAbs(want.bias, slope_lost * want.feedback));
    }
}

TEST_CASE("a single hump has one cusp, where the two-expert model has it", "[exact][oracle]") {
    const double shift = GENERATE(-1.3, 0.0, 0.37);
    const double decay = 0.7, beta = 3, margin[1] = {-shift};
    const auto m = of(models::token_response(law_of_margins(margin, noise_law::gumbel)), beta);

    const auto found = exact::scalar_response(m, decay, {-20, 20}).cusps();

    REQUIRE(found.size() == 1);
    const auto want = exact::cusp(decay, beta);
    CHECK_THAT(found[0].fold.x, WithinAbs(shift, 4 * machine_epsilon));
    CHECK_THAT(found[0].fold.feedback, WithinRel(want.fold.feedback, 4 * machine_epsilon));
    CHECK_THAT(found[0].fold.bias, WithinAbs(decay * shift, 16 * machine_epsilon));
    CHECK_THAT(found[0].cubic, WithinRel(want.cubic, 16 * machine_epsilon));
}

TEST_CASE("two separated groups have three cusps, the middle one subcritical", "[exact][oracle]") {
    const double a = GENERATE(0.7, 1.5, 3.0);
    const auto cells = GENERATE(as<std::size_t>{}, 37, 400, 1999);
    const double beta = 4;
    const double tail =
        machine_epsilon * std::cosh(2 * beta * a);  // a group's 1 - tanh^2 at the other group

    const auto found = exact::scalar_response(two_groups(a, beta), 1, {-10, 10, cells}).cusps();

    REQUIRE(found.size() == 3);
    // by hand, X = cosh(beta x), C = cosh(beta a): m' = beta (1 + XC)/(X + C)^2, stationary at
    // x = 0 and at X = C - 2/C, which exists for C > 2
    const double c = std::cosh(beta * a);
    CHECK_THAT(found[1].fold.x, WithinAbs(0.0, 1e-15));
    CHECK_THAT(found[1].fold.feedback, WithinRel((1 + c) / beta, tail));
    CHECK(found[1].cubic > 0);
    CHECK_THAT(found[2].fold.x, WithinRel(std::acosh(c - 2 / c) / beta, tail));
    CHECK_THAT(found[0].fold.x, WithinRel(-found[2].fold.x, tail));
    CHECK(found[0].cubic < 0);
    CHECK_THAT(found[0].fold.bias, WithinRel(-found[2].fold.bias, tail));
}

TEST_CASE("cusps that share a cell of the scan are found all the same", "[exact]") {
    // just past cosh(beta a) = 2 three cusps lie close together around 0
    const double beta = 4, a = std::acosh(2.0) / beta * (1 + 1e-4);
    const auto m = two_groups(a, beta);
    const auto fine = exact::scalar_response(m, 1, {-0.1, 0.1, 4000}).cusps();
    REQUIRE(fine.size() == 3);
    const double x = fine[2].fold.x;

    // the cell (-2x, x/2) holds the first two
    const auto pair = exact::scalar_response(m, 1, {-2 * x, x / 2, 1}).cusps();

    REQUIRE(pair.size() == 2);
    const double lost = 1e-12;  // rounding of m'' over m''' ~ 1e-3
    CHECK_THAT(pair[0].fold.x, WithinAbs(fine[0].fold.x, lost));
    CHECK_THAT(pair[1].fold.x, WithinAbs(0.0, lost));
}

TEST_CASE("gaussian margins without noise are lost at decay sigma sqrt(pi/2)", "[exact][oracle]") {
    // docs/theory.md section 4: feedback = decay / (2 f(0)) for margin density f, here
    // 1/(sigma sqrt(2 pi)) at 0
    const double sigma = 1.7, decay = 0.6;
    const models::token_response model({{{0, 1, sigma}}, noise_law::none});

    const auto found = exact::scalar_response(of(model, 1), decay, {-5, 5}).cusps();

    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0].fold.feedback,
               WithinRel(decay * sigma * std::sqrt(std::numbers::pi / 2), 8 * machine_epsilon));
}

TEST_CASE("folds at a feedback and at a bias are on the closed fold set of tanh",
          "[exact][oracle]") {
    // docs/theory.md section 2: m' = (beta/2) sech^2 u at u = beta x/2 is decay / feedback
    const double decay = 0.7, beta = 3, u = GENERATE(0.3, 1.1, 2.4), margin[1] = {0};
    const auto tanh = of(models::token_response(law_of_margins(margin, noise_law::gumbel)), beta);
    const exact::scalar_response m(tanh, decay, {-60, 60, 6000});
    const auto want = exact::fold(u, decay, beta);  // its bias is < 0, and -u has the other
    const double lost = 64 * machine_epsilon * std::cosh(u) * std::cosh(u) / u;

    const auto both = m.folds_at_feedback(want.feedback);
    REQUIRE(both.size() == 2);
    CHECK_THAT(both[0].x, WithinRel(-want.x, lost));
    CHECK_THAT(both[1].x, WithinRel(want.x, lost));
    CHECK_THAT(both[0].bias, WithinRel(-want.bias, lost / u));
    CHECK_THAT(both[1].bias, WithinRel(want.bias, lost / u));

    const auto one = m.folds_at_bias(want.bias);
    REQUIRE(one.size() == 1);
    CHECK_THAT(one[0].x, WithinRel(want.x, lost / u));
    CHECK_THAT(one[0].feedback, WithinRel(want.feedback, lost));

    CHECK(m.stable_states(want.feedback, 0.9 * want.bias) == 2);
    CHECK(m.stable_states(want.feedback, 1.1 * want.bias) == 1);
    const auto from = m.two_states_from(want.bias, 2 * want.feedback);
    REQUIRE(from);
    CHECK_THAT(*from, WithinRel(want.feedback, lost));
    CHECK_FALSE(m.two_states_from(want.bias, 0.9 * want.feedback));
}

TEST_CASE("without bias two states are there from the pitchfork on, or from folds before it",
          "[exact][oracle]") {
    const double beta = 4, a = GENERATE(0.0, 0.2, 0.7), c = std::cosh(beta * a);
    const exact::scalar_response m(two_groups(a, beta), 1, {-10, 10, 4000});

    const auto from = m.two_states_from(0, 9);

    REQUIRE(from);
    const double pitchfork = (1 + c) / beta;
    if (c <
        2) {  // supercritical, by the cubic; x of the triple zero is known to machine_epsilon^(1/3)
        CHECK_THAT(*from, WithinRel(pitchfork, 1e-8));
    } else {
        double least = pitchfork;  // of x / m(x) = x (cosh(beta x) + c) / sinh(beta x)
        for (double x = 0.01; x < 2; x += 1e-4)
            least = std::min(least, x * (std::cosh(beta * x) + c) / std::sinh(beta * x));
        CHECK(least < 0.9 * pitchfork);
        CHECK_THAT(*from, WithinRel(least, 1e-6));
    }
}

TEST_CASE("a response without slope has no fold", "[exact]") {
    const auto flat = [](double) { return std::array<double, 4>{1, 0, 0, 0}; };

    const exact::scalar_response on_cells(flat, 1, {0, 1, 10});
    CHECK(on_cells.fold_set().empty());
    CHECK(on_cells.cusps().empty());
    CHECK(on_cells.folds_at_feedback(2).empty());
    CHECK(on_cells.folds_at_bias(0).empty());
}

TEST_CASE("the scalar fold set says what it does not take", "[exact][error]") {
    const auto m = two_groups(1, 1);
    REQUIRE_THROWS_WITH(exact::scalar_response(m, 0, {0, 1}),
                        "scalar_response: decay is 0, but it must be > 0 and finite");
    REQUIRE_THROWS_WITH(exact::scalar_response(m, 1, {1, -1}),
                        "scalar_response: the interval is 1 to -1, but it must be finite and rise");
    REQUIRE_THROWS_WITH(exact::scalar_response(m, 1, {0, 1, 0}),
                        "scalar_response: the interval has 0 cells, but it needs at least one");
}
