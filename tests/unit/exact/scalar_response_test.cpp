// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/exact/scalar_response.hpp>
#include <moebius/exact/two_expert.hpp>
#include <moebius/model/token_response.hpp>
#include <numbers>

#include "catch.hpp"

using namespace moebius;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

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

    const auto set = exact::fold_set(tanh, decay, {-2, 2, 40});

    REQUIRE(set.rows() == 41);
    for (std::size_t row = 0; row < set.rows(); ++row) {
        const auto want = exact::fold(beta * set.at("x")[row] / 2, decay, beta);
        const double slope_lost = 4 * eps * std::cosh(6.0);  // 1 - tanh^2 near +-1
        CHECK_THAT(set.at("feedback")[row], WithinRel(want.feedback, slope_lost));
        CHECK_THAT(set.at("bias")[row], WithinAbs(want.bias, slope_lost * want.feedback));
    }
}

TEST_CASE("a single hump has one cusp, where the two-expert model has it", "[exact][oracle]") {
    const double shift = GENERATE(-1.3, 0.0, 0.37);
    const double decay = 0.7, beta = 3, margin[1] = {-shift};
    const auto m = of(models::token_response(law_of_margins(margin, noise_law::gumbel)), beta);

    const auto found = exact::cusps(m, decay, {-20, 20});

    REQUIRE(found.size() == 1);
    const auto want = exact::cusp(decay, beta);
    CHECK_THAT(found[0].fold.x, WithinAbs(shift, 4 * eps));
    CHECK_THAT(found[0].fold.feedback, WithinRel(want.fold.feedback, 4 * eps));
    CHECK_THAT(found[0].fold.bias, WithinAbs(decay * shift, 16 * eps));
    CHECK_THAT(found[0].cubic, WithinRel(want.cubic, 16 * eps));
}

TEST_CASE("two separated groups have three cusps, the middle one subcritical", "[exact][oracle]") {
    const double a = GENERATE(0.7, 1.5, 3.0);
    const auto cells = GENERATE(as<std::size_t>{}, 37, 400, 1999);
    const double beta = 4;
    const double tail = eps * std::cosh(2 * beta * a);  // a group's 1 - tanh^2 at the other group

    const auto found = exact::cusps(two_groups(a, beta), 1, {-10, 10, cells});

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
    const auto fine = exact::cusps(m, 1, {-0.1, 0.1, 4000});
    REQUIRE(fine.size() == 3);
    const double x = fine[2].fold.x;

    // the cell (-2x, x/2) holds the first two
    const auto pair = exact::cusps(m, 1, {-2 * x, x / 2, 1});

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

    const auto found = exact::cusps(of(model, 1), decay, {-5, 5});

    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0].fold.feedback,
               WithinRel(decay * sigma * std::sqrt(std::numbers::pi / 2), 8 * eps));
}

TEST_CASE("a response without slope has no fold", "[exact]") {
    const auto flat = [](double) { return std::array<double, 4>{1, 0, 0, 0}; };

    CHECK_FALSE(exact::fold_at(flat, 1, 0.5));
    CHECK(exact::fold_set(flat, 1, {0, 1, 10}).rows() == 0);
    CHECK(exact::cusps(flat, 1, {0, 1, 10}).empty());
}

TEST_CASE("the scalar fold set says what it does not take", "[exact][error]") {
    const auto m = two_groups(1, 1);
    REQUIRE_THROWS_WITH(exact::fold_set(m, 0, {0, 1}),
                        "fold_set: decay is 0, but it must be finite and > 0");
    REQUIRE_THROWS_WITH(exact::cusps(m, 1, {1, -1}),
                        "cusps: the interval is 1 to -1, but it must be finite and rise");
    REQUIRE_THROWS_WITH(exact::cusps(m, 1, {0, 1, 0}),
                        "cusps: the interval has 0 cells, but it needs at least one");
    REQUIRE_THROWS_WITH(exact::fold_at(m, 1, std::numeric_limits<double>::infinity()),
                        "fold_at: x is inf, but it must be finite");
}
