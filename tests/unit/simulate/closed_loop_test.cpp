// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/simulate/closed_loop.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("advance is the router's batch and the rule by hand", "[closed_loop][oracle]") {
    const std::size_t tokens = 700;  // more than two chunks, the last one short
    const auto source = stored_tokens({0.3, -0.2, 0, 1, 0.5, -1, -2, 0.1, 0.7}, 3);
    const feedback_rule rule{2, 0.5, 1.5, {0.1, 0, -0.2}, 0.1};
    closed_loop loop(source, {.tokens = tokens, .seed = 8}, {0.4, 0, 0});
    std::vector<double> scores{0.4, 0, 0}, logits(3 * tokens);

    for (std::uint64_t step = 0; step < 3; ++step) {
        for (std::uint32_t t = 0; t < tokens; ++t)
            source->logits(8, step, t, std::span(logits).subspan(3 * t, 3));
        const auto routed = top1{rule.beta}.route(logits, scores, {8, step});
        for (std::size_t e = 0; e < 3; ++e)
            scores[e] += 0.1 * (2 * (static_cast<double>(routed.counts[e]) / tokens) -
                                0.5 * scores[e] + rule.bias[e]);

        const auto counts = loop.advance(rule);

        CHECK(std::equal(counts.begin(), counts.end(), routed.counts.begin()));
        for (std::size_t e = 0; e < 3; ++e)
            CHECK_THAT(loop.scores()[e], WithinAbs(scores[e], 1e-15));  // order of the products
    }
    CHECK(loop.steps() == 3);
}

TEST_CASE("any number of threads routes a batch alike", "[closed_loop][property]") {
    const std::size_t tokens = 40'007;
    const auto source = GENERATE(no_tokens(5), stored_tokens({0.3, -0.2, 0, 1, 0.5, -1}, 2),
                                 stored_tokens({0.3, -0.2, std::nan(""), 1, 0.5, -1}, 3));
    closed_loop one(source, {.tokens = tokens, .seed = 8});
    closed_loop many(source, {.tokens = tokens, .seed = 8}, {}, GENERATE(0U, 2U, 3U, 9U));

    for (int step = 0; step < 4; ++step) {
        const auto counts = one.advance({.feedback = 3});
        const auto same = many.advance({.feedback = 3});
        CHECK(std::equal(counts.begin(), counts.end(), same.begin(), same.end()));
    }
    CHECK(one.unrouted() == many.unrouted());
}

TEST_CASE("a batch that threads share stops amid it", "[closed_loop]") {
    closed_loop loop(no_tokens(64), {.tokens = 1'000'000}, {}, 4);
    const std::atomic<bool> stop = true;

    CHECK_THROWS_AS(loop.advance({}, {.report = {}, .stop = &stop}), interrupted);
    CHECK(loop.steps() == 0);
}

TEST_CASE("a bias of two moves their difference by h", "[closed_loop][oracle]") {
    closed_loop loop(no_tokens(2), {.tokens = 1});

    loop.advance({.feedback = 0, .bias = bias_of_two(0.5), .step = 0.25});

    CHECK(loop.scores()[0] - loop.scores()[1] == 0.125);
}

TEST_CASE("tokens that do not compare are counted and feed nobody", "[closed_loop][oracle]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::size_t tokens = 10'000;
    closed_loop loop(stored_tokens({0, nan, 0, 0, 0, 0, 0, 0}, 2), {.tokens = tokens});

    const auto counts = loop.advance({.feedback = 1, .step = 1});

    CHECK(counts[0] + counts[1] + loop.unrouted() == tokens);
    CHECK(std::abs(static_cast<double>(loop.unrouted()) - 2500) <
          4 * std::sqrt(10'000 * 0.1875));  // a quarter of the draws: 4 standard deviations
    CHECK(loop.scores()[0] + loop.scores()[1] ==
          Approx(1 - static_cast<double>(loop.unrouted()) / tokens));
}

TEST_CASE("one expert takes every token", "[closed_loop]") {
    closed_loop loop(no_tokens(1), {.tokens = 300});

    CHECK(loop.advance({.feedback = 2, .step = 0.5})[0] == 300);
    CHECK(loop.scores()[0] == 1);
}

TEST_CASE("closed_loop rejects what has no meaning", "[closed_loop][error]") {
    closed_loop loop(no_tokens(2), {.tokens = 1});
    const double nan = std::numeric_limits<double>::quiet_NaN();

    CHECK_THROWS_WITH(closed_loop(nullptr, {}),
                      "closed_loop: no token source came, but one is needed");
    CHECK_THROWS_WITH(closed_loop(no_tokens(2), {.tokens = 0}),
                      "closed_loop: tokens is 0, but it must be 1 to 4294967295");
    CHECK_THROWS_AS(closed_loop(no_tokens(3), {.noise = noise_law::logistic}), invalid_argument);
    CHECK_THROWS_WITH(closed_loop(no_tokens(2), {}, {1, 2, 3}),
                      "closed_loop: 3 scores came, but the 2 experts need one each, or none");
    CHECK_THROWS_WITH(closed_loop(no_tokens(2), {}, {1, nan}),
                      "closed_loop: a score is nan, but it must be finite");
    CHECK_THROWS_WITH(loop.advance({.decay = 0}),
                      "closed_loop: decay is 0, but it must be > 0 and finite");
    CHECK_THROWS_WITH(loop.advance({.beta = -1}),
                      "closed_loop: beta is -1, but it must be > 0 and finite");
    CHECK_THROWS_WITH(loop.advance({.step = 0}),
                      "closed_loop: step is 0, but it must be > 0 and finite");
    CHECK_THROWS_WITH(loop.advance({.feedback = nan}),
                      "closed_loop: feedback is nan, but it must be finite");
    CHECK_THROWS_WITH(loop.advance({.decay = 4, .step = 0.5}),
                      "closed_loop: step x decay is 2, but it must be < 2, or the scores diverge");
    CHECK_THROWS_WITH(loop.advance({.bias = {1}}),
                      "closed_loop: 1 biases came, but the 2 experts need one each, or none");
    CHECK(loop.steps() == 0);
}
