// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/sinkhorn_baselines.hpp>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::pattern;

}  // namespace

TEST_CASE("both baselines come near the plan of the log domain", "[sinkhorn_baselines][oracle]") {
    const auto rule = GENERATE(balanced_rule::megatron, balanced_rule::s_base);
    const auto logits = pattern(60 * 5, 1.5);
    const auto exact = sinkhorn(logits, 5, {.xi = 1, .tolerance = 1e-12, .max_iterations = 10'000});
    REQUIRE(exact);

    const auto got = balance_tokens(rule, logits, 5, 1);

    REQUIRE(got.status == sinkhorn_status::converged);
    // Megatron's plan sums to 1, not to the number of tokens.
    const double sum = rule == balanced_rule::megatron ? 60 : 1;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        CAPTURE(to_string(rule), i);
        // Changes below 1e-4 a scaling of about 1, or 1e-2 in 65 of them, that shrink fast.
        CHECK_THAT(sum * got.plan[i], WithinAbs(exact.plan[i], 1e-3));
    }
}

TEST_CASE("columns are exact at exit", "[sinkhorn_baselines][oracle]") {
    const auto got = balance_tokens(balanced_rule::s_base, pattern(60 * 5, 1.5), 5, 1);

    for (std::size_t e = 0; e < 5; ++e) {
        double column = 0;
        for (std::size_t i = e; i < 300; i += 5) column += got.plan[i];
        CHECK_THAT(column, WithinAbs(12.0, 1e-13));
    }
}

TEST_CASE("indices come from the plan and weights from the raw logits",
          "[sinkhorn_baselines][oracle]") {
    const auto rule = GENERATE(balanced_rule::megatron, balanced_rule::s_base);
    // Both tokens prefer expert 0, the first by more: the plan parts them.
    const std::vector<double> logits{3, 0, 2, 1};

    const auto one = balance_tokens(rule, logits, 2, 1);
    const auto two = balance_tokens(rule, logits, 2, 2);

    CHECK(one.chosen == std::vector<std::uint8_t>{1, 0, 0, 1});
    CHECK_THAT(one.weights[0], WithinAbs(1 / (1 + std::exp(-3.0)), 1e-15));
    CHECK_THAT(one.weights[3], WithinAbs(1 / (1 + std::exp(-1.0)), 1e-15));
    CHECK(one.weights[2] == 0);
    CHECK(two.chosen == std::vector<std::uint8_t>(4, 1));
    CHECK_THAT(two.weights[2], WithinAbs(1 / (1 + std::exp(-1.0)), 1e-15));
}

TEST_CASE("the gradient of the baselines is that of their weights",
          "[sinkhorn_baselines][oracle]") {
    const auto k = GENERATE(as<std::size_t>{}, 1, 2);
    const double h = 1e-5;  // truncation h^2 and rounding 1e-16/h, both about 1e-10
    auto logits = pattern(24, 1.5);
    const auto factors = pattern(24, 1.5);
    const auto loss = [&] {
        const auto w = balance_tokens(balanced_rule::megatron, logits, 4, k).weights;
        return std::inner_product(w.begin(), w.end(), factors.begin(), 0.0);
    };

    const auto got = balance_tokens_backward(
        logits, 4, k, balance_tokens(balanced_rule::megatron, logits, 4, k), factors);

    for (std::size_t i = 0; i < logits.size(); ++i) {
        const double at = logits[i];
        logits[i] = at + h;
        const double above = loss();
        logits[i] = at - h;
        const double below = loss();
        logits[i] = at;
        CHECK_THAT(got[i], WithinAbs((above - below) / (2 * h), 1e-8));
    }
}

TEST_CASE("baselines leave out what cannot be routed", "[sinkhorn_baselines][property]") {
    const auto rule = GENERATE(balanced_rule::megatron, balanced_rule::s_base);
    auto logits = pattern(12, 1.5);
    const auto plain = balance_tokens(rule, logits, 3, 1);
    logits.insert(logits.end(), {not_a_number, 0, 0, 1, infinite, 0});

    const auto mixed = balance_tokens(rule, logits, 3, 1);

    for (std::size_t i = 0; i < 12; ++i) CHECK(mixed.weights[i] == plain.weights[i]);
    for (std::size_t i = 12; i < 18; ++i) CHECK(mixed.chosen[i] == 0);
    const auto back = balance_tokens_backward(logits, 3, 1, mixed, std::vector<double>(18, 1.0));
    for (std::size_t i = 12; i < 18; ++i) CHECK(back[i] == 0);
}

TEST_CASE("baselines know no tokens, and experts that nobody may choose", "[sinkhorn_baselines]") {
    const auto rule = GENERATE(balanced_rule::megatron, balanced_rule::s_base);

    CHECK(balance_tokens(rule, {}, 3, 1).status == sinkhorn_status::converged);
    const auto closed = balance_tokens(rule, std::vector{0.0, -infinite, 1.0, -infinite}, 2, 1);
    CHECK(closed.status == sinkhorn_status::no_solution);
    CHECK(closed.chosen == std::vector<std::uint8_t>(4));
}

TEST_CASE("baselines say what they cannot balance", "[sinkhorn_baselines][error]") {
    const std::vector<double> three(3), two(2);
    const auto rule = balanced_rule::megatron;

    CHECK_THROWS_WITH(balance_tokens(rule, two, 0, 1),
                      "balance_tokens: no experts came, but at least one is needed");
    CHECK_THROWS_WITH(balance_tokens(rule, three, 2, 1),
                      "balance_tokens: 3 logits came for 2 experts, but each token needs one for "
                      "every expert");
    CHECK_THROWS_WITH(balance_tokens(rule, two, 2, 3),
                      "balance_tokens: k is 3 for 2 experts, but it must be in [1, experts]");
    CHECK_THROWS_WITH(balance_tokens(rule, std::vector{0.0, 701.0}, 2, 1),
                      "balance_tokens: a logit is 701, but it must be in [-700, 700]: these rules "
                      "take its exp");
    CHECK_THROWS_WITH(
        balance_tokens_backward(two, 2, 1, balance_tokens(rule, two, 2, 1), three),
        "balance_tokens_backward: 3 derivatives and 2 choices came, but there are 2 logits");
}
