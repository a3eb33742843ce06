// SPDX-License-Identifier: MIT
#include <moebius/simulate/route_step.hpp>

#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>

#include "../../catch.hpp"

using namespace moebius;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Three experts of width 1: logits x, -x and 0.
gated_batch by_hand(std::vector<float> tokens) { return {3, 1, std::move(tokens), {1, -1, 0}}; }

}  // namespace

TEST_CASE("a step by hand: choices, shares, counts, scores", "[route_step][oracle]") {
    const auto routed = route_step(by_hand({2, -1, 3, 0}), {0, 0, 0.5},
                                   {.rule = {.feedback = 4, .bias = {0, 0, 1}, .step = 0.5}});

    CHECK(routed.choices == std::vector<std::uint32_t>{0, 1, 0, 2});
    CHECK(routed.counts == std::vector<std::uint32_t>{2, 1, 1});
    // s + 0.5 (4 n/T - s + b)
    CHECK(routed.scores == std::vector<double>{1, 0.5, 0.5 + 0.5 * (1 - 0.5 + 1)});
    const double share = 1 / (1 + std::exp(-4.0) + std::exp(-1.5));
    CHECK_THAT(routed.probabilities[0], WithinRel(share, 1e-6));
}

TEST_CASE("ties go to the lowest expert and count as near", "[route_step][property]") {
    const auto routed = route_step(by_hand({0, 0}), {0, 0, 0}, {.choices = 2});

    CHECK(routed.choices == std::vector<std::uint32_t>{0, 1, 0, 1});
    CHECK(routed.near_ties == 2);
}

TEST_CASE("a token that does not compare goes nowhere", "[route_step][property]") {
    const auto routed =
        route_step(by_hand({std::nanf(""), infinity, 1}), {0, 0, 0}, {.choices = 1});

    CHECK(routed.unrouted == 2);
    CHECK(routed.choices == std::vector<std::uint32_t>{no_expert, no_expert, 0});
    CHECK(routed.probabilities[0] == 0);
}

TEST_CASE("an expert takes no more than its capacity, early tokens first", "[route_step][oracle]") {
    const auto routed = route_step(by_hand({1, 2, -1, 3}), {0, 0, 0}, {.capacity = 2});

    CHECK(routed.counts == std::vector<std::uint32_t>{3, 1, 0});
    CHECK(routed.slots == std::vector<std::uint32_t>{0, 1, 2, no_expert});
    CHECK(routed.order == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("bfloat16 rounds to nearest, ties to even", "[route_step][oracle]") {
    CHECK(to_bf16(1) == 0x3f80);
    CHECK(to_bf16(1 + 0x1p-8F) == 0x3f80);      // a tie, down to even
    CHECK(to_bf16(1 + 3 * 0x1p-8F) == 0x3f82);  // a tie, up to even
    CHECK(to_bf16(infinity) == 0x7f80);
    CHECK((to_bf16(std::nanf("")) & 0x7fff) > 0x7f80);
}

TEST_CASE("noise follows softmax", "[route_step][property]") {
    const std::size_t tokens = 40'000;
    const auto routed = route_step(by_hand(std::vector<float>(tokens, 0.5F)), {0, 0, 0},
                                   {.noise = noise_law::gumbel});
    const double share = std::exp(0.5) / (std::exp(0.5) + std::exp(-0.5) + 1), n = tokens;

    CHECK(std::abs(routed.counts[0] / n - share) < 4 * std::sqrt(share * (1 - share) / n));
}

TEST_CASE("route_step says what does not fit", "[route_step][error]") {
    CHECK_THROWS_WITH(route_step(by_hand({1}), {0, 0}),
                      "route_step: 2 scores came, but the 3 experts need one each");
    CHECK_THROWS_WITH(route_step(by_hand({1}), {0, 0, 0}, {.choices = 4}),
                      "route_step: choices is 4, but it must be 1 to 8 and at most the number of "
                      "experts");
    CHECK_THROWS_AS(route_step({2, 2, {1}, {1, 1, 1, 1}}, {0, 0}), invalid_argument);
    CHECK_THROWS_AS(route_step(by_hand({1}), {0, 0, 0}, {.noise = noise_law::logistic}),
                    invalid_argument);
}
