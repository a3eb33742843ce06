// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/soft_moe_router.hpp>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

const std::vector<double> soft_logits{0, 1, 2, -1, 0.5, 0, -0.3, 0.2, 0.8};
const std::vector<double> soft_scores{0.3, -0.2, 0.1};

}  // namespace

TEST_CASE("soft-moe sends all tokens everywhere with softmax weights",
          "[soft_moe_router][oracle]") {
    const auto out = soft_moe_router({.beta = 1.5})->route({3, soft_logits, soft_scores, {}});

    for (std::size_t t = 0; t < 3; ++t) {
        double sum = 0;
        for (std::size_t e = 0; e < 3; ++e)
            sum += std::exp(1.5 * (soft_logits[3 * t + e] + soft_scores[e]));
        for (std::size_t e = 0; e < 3; ++e)
            CHECK_THAT(
                out.weights[3 * t + e],
                WithinAbs(std::exp(1.5 * (soft_logits[3 * t + e] + soft_scores[e])) / sum, 1e-15));
    }
    CHECK(out.chosen == std::vector<std::uint8_t>(9, 1));
    CHECK(out.unrouted == 0);
}

TEST_CASE("the load of soft-moe is its mean load, each time", "[soft_moe_router][oracle]") {
    const bool tokens = GENERATE(true, false);
    const auto rows = tokens ? soft_logits : std::vector<double>(9);
    const auto router = soft_moe_router({.beta = 1.5});

    const auto load = router->route({3, rows, soft_scores, {.seed = 1, .step = 7}}).load;

    std::vector<double> mean(3);
    const auto response = router->mean_load(rows, 3);
    response->loads(soft_scores, 1.5, mean);
    for (std::size_t e = 0; e < 3; ++e) CHECK_THAT(load[e], WithinAbs(mean[e], 1e-15));
    CHECK(load == router->infer({3, rows, soft_scores, {.seed = 2, .step = 8}}).load);
    CHECK((response->regrouped(one_group(3)) == nullptr) == tokens);
}

TEST_CASE("the gradient of soft-moe is that of its weights", "[soft_moe_router][oracle]") {
    const std::vector<double> factors{1, -2, 0.5, 3, 1, 0, -1, 0.2, 0.7};
    const auto router = soft_moe_router({.beta = 1.5});
    const double h = 1e-5;  // truncation h^2 and rounding 1e-16/h, both about 1e-10
    const auto loss = [&](std::size_t i, double by) {
        auto moved = soft_logits;
        moved[i] += by;
        const auto weights = router->route({3, moved, soft_scores, {}}).weights;
        return std::inner_product(weights.begin(), weights.end(), factors.begin(), 0.0);
    };
    const router_batch batch{3, soft_logits, soft_scores, {}};
    std::vector<double> got(9, 7.0);

    router->backward(batch, router->route(batch), factors, got);

    for (std::size_t i = 0; i < 9; ++i)
        CHECK_THAT(got[i], WithinAbs((loss(i, h) - loss(i, -h)) / (2 * h), 1e-8));
}

TEST_CASE("soft-moe leaves out what cannot be routed and closed experts",
          "[soft_moe_router][property]") {
    const std::vector<double> rows{0, 0, 0, not_a_number, 0, 0, 0, infinite, 0, 0, -infinite, 0};
    const router_batch batch{3, rows, {soft_scores.data(), 3}, {}};

    const auto out = soft_moe_router()->route(batch);

    CHECK(out.unrouted == 2);
    CHECK(out.chosen == std::vector<std::uint8_t>{1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1});
    CHECK(out.weights[10] == 0);
    CHECK_THAT(out.load[0] + out.load[1] + out.load[2], WithinAbs(1.0, 1e-15));
    std::vector<double> got(12, 7.0);
    soft_moe_router()->backward(batch, out, std::vector<double>(12, 1.0), got);
    for (std::size_t i = 3; i < 9; ++i) CHECK(got[i] == 0);
}

TEST_CASE("soft-moe has no load without tokens", "[soft_moe_router]") {
    const auto out = soft_moe_router()->route({3, {}, soft_scores, {}});

    CHECK(out.load == std::vector<double>(3));
    CHECK(out.unrouted == 0);
}

TEST_CASE("soft-moe says what it cannot route", "[soft_moe_router][error]") {
    const auto router = soft_moe_router();
    const std::vector<double> four(4);
    std::vector<double> out(9);

    CHECK_THROWS_WITH(soft_moe_router({.beta = -1}),
                      "soft-moe: beta is -1, but it must be > 0 and finite");
    CHECK_THROWS_WITH(router->check(0), "soft-moe: no experts came, but at least one is needed");
    CHECK_THROWS_WITH(
        router->route({3, four, soft_scores, {}}),
        "soft-moe: 4 logits came for 3 experts, but each token needs one for every expert");
    const router_batch batch{3, soft_logits, soft_scores, {}};
    CHECK_THROWS_WITH(router->backward(batch, router->route(batch), four, out),
                      "soft-moe: 4 numbers came to backward, but the batch has 9 logits");
    CHECK_THROWS_WITH(router->mean_load({0, not_a_number}, 2),
                      "token-softmax: a logit is nan, but all must be finite");
    CHECK_THROWS_WITH(router->mean_load({}, 2),
                      "token-softmax: 0 logits came for 2 experts, but each token needs a row of "
                      "one for every expert");
}
