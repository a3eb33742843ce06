// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/registry.hpp>
#include <moebius/simulate/router_loop.hpp>
#include <moebius/simulate/tossed_loop.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("two alike experts are tossed as the closed loop tosses them", "[simulate]") {
    const feedback_rule rule{.feedback = 3, .step = 0.1, .controller = {control_law::sign, 0.01}};
    tossed_loop tossed({.experts = 2, .tokens = 777, .seed = 3}, {0.3, 0});
    closed_loop plain(no_tokens(2), {.tokens = 777, .seed = 3}, {0.3, 0});

    for (int batch = 0; batch < 200; ++batch) {
        const auto loads = tossed.advance(rule);
        const auto counts = plain.advance(rule);
        REQUIRE(loads[0] == static_cast<double>(counts[0]) / 777);
    }
    CHECK(tossed.scores().of_rule()[0] == plain.scores()[0]);
}

TEST_CASE("sets of alike experts are tossed as probmoe-exact-k draws them", "[simulate]") {
    const feedback_rule rule{.feedback = 9, .beta = 1.5, .step = 0.1};
    const std::vector<double> start{0.5, 0, 0, -0.2, 0};
    tossed_loop tossed({.experts = 5, .top_k = 2, .tokens = 90, .seed = 7}, start);
    router_loop routed(no_tokens(5),
                       make_router("probmoe-exact-k", 1.5, noise_law::gumbel, {{"k", "2"}}),
                       {.tokens = 90, .seed = 7}, start);

    for (int batch = 0; batch < 50; ++batch) {
        const auto a = tossed.advance(rule);
        const auto b = routed.advance(rule);
        for (std::size_t e = 0; e < 5; ++e) REQUIRE_THAT(a[e], WithinAbs(b[e], 1e-15));
    }
}

TEST_CASE("tossed choices follow softmax, and that of top-1", "[simulate][oracle]") {
    // feedback, decay and step so small that the scores stay: counts are multinomial
    const feedback_rule rule{.feedback = 0, .decay = 1e-9, .beta = 2, .step = 1e-9};
    const std::vector<double> scores{0.4, -0.3, 0, 0.9, -2.5, 0.1, 0.1};
    const std::size_t tokens = 400'000;
    tossed_loop tossed({.experts = 7, .tokens = tokens, .seed = 11}, scores);
    closed_loop routed(no_tokens(7), {.tokens = tokens, .seed = 11}, scores);
    double total = 0;
    for (const double s : scores) total += std::exp(2 * s);

    const auto loads = tossed.advance(rule);
    const auto counts = routed.advance(rule);

    for (std::size_t e = 0; e < 7; ++e) {
        const double p = std::exp(2 * scores[e]) / total, n = static_cast<double>(tokens);
        const double within = 4.5 * std::sqrt(p * (1 - p) / n);  // standard errors of a share
        CHECK_THAT(loads[e], WithinAbs(p, within));
        CHECK_THAT(static_cast<double>(counts[e]) / n, WithinAbs(p, within));
    }
}

TEST_CASE("a tossed loop counts every token, and says what it does not take", "[simulate]") {
    tossed_loop loop({.experts = 6, .tokens = 4099});  // no multiple of a block's four words
    double sum = 0;
    for (const double load : loop.advance({.feedback = 400, .step = 1})) sum += load;
    CHECK_THAT(sum, WithinAbs(1, 1e-12));
    CHECK(loop.steps() == 1);
    sum = 0;  // scores of hundreds: all but one expert are out of reach
    for (const double load : loop.advance({.feedback = 400, .step = 1})) sum += load;
    CHECK_THAT(sum, WithinAbs(1, 1e-12));

    CHECK_THROWS_WITH(tossed_loop({.experts = 4}, {1, 2}),
                      "tossed_loop: 2 scores came, but the 4 experts need one each, or none");
    CHECK_THROWS_AS(tossed_loop({.experts = 1}), invalid_argument);
    CHECK_THROWS_AS(tossed_loop({.experts = 4, .top_k = 4}), invalid_argument);
    CHECK_THROWS_AS(tossed_loop({.experts = 4, .tokens = 0}), invalid_argument);
}
