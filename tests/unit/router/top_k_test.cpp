// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/top1.hpp>
#include <moebius/router/top_k.hpp>
#include <vector>

#include "route_checks.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::marks;
using test::row;

struct gate_setting {
    gate_kind gate;
    bool renormalise;
};

/// The weights of one token by their definition. Shapes: (N).
row weights_of(const gate_setting& by, const row& z, const marks& chosen) {
    row gates(z.size());
    double all = 0, among = 0;
    for (const double value : z) all += std::exp(value);
    for (std::size_t e = 0; e < z.size(); ++e) {
        const double gate =
            by.gate == gate_kind::softmax ? std::exp(z[e]) / all : 1 / (1 + std::exp(-z[e]));
        gates[e] = chosen[e] ? gate : 0;
        among += gates[e];
    }
    if (by.renormalise)
        for (double& gate : gates) gate /= among;
    return gates;
}

}  // namespace

TEST_CASE("top-k with k = 1 chooses as top1 does", "[top_k][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 1, 2, 3, 7, 11);
    const auto noise =
        GENERATE(noise_law::none, noise_law::gumbel, noise_law::gaussian, noise_law::logistic);
    if (noise == noise_law::logistic && experts != 2) return;
    const std::size_t tokens = 3000;
    const auto logits = random_values(tokens * experts, 1, 4),
               scores = random_values(experts, 1, 5);
    const batch_key key{9, 13};
    const auto want = top1{1.7, noise}.route(logits, scores, key);

    const auto router = top_k({.beta = 1.7, .noise = noise});
    const auto got = router->route({experts, logits, scores, key});

    CHECK(router->name() == "top-1");
    for (std::size_t t = 0; t < tokens; ++t)
        for (std::size_t e = 0; e < experts; ++e)
            REQUIRE(got.chosen[t * experts + e] == (want.choices[t] == e ? 1 : 0));
}

TEST_CASE("top-k takes the k largest, the lowest expert on ties", "[top_k][oracle]") {
    const auto router = top_k({.k = 2, .noise = noise_law::none});
    const row logits{1, 2, 0, 2, 0, 0, 0, 0, 3, 1, 3, 1}, scores{0, 0, 0, 0.5};

    const auto got = router->route({4, logits, scores});

    CHECK(router->name() == "top-k");
    CHECK(to_string(gate_kind::softmax) == "softmax");
    CHECK(to_string(gate_kind::sigmoid) == "sigmoid");
    CHECK(got.chosen == marks{0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0});
    CHECK(got.load == row{2.0 / 6, 1.0 / 6, 1.0 / 6, 2.0 / 6});
    CHECK(router->infer({4, logits, scores}).chosen == got.chosen);
}

TEST_CASE("the weights of top-k are its gates", "[top_k][oracle]") {
    const auto by =
        GENERATE(gate_setting{gate_kind::softmax, false}, gate_setting{gate_kind::softmax, true},
                 gate_setting{gate_kind::sigmoid, false}, gate_setting{gate_kind::sigmoid, true});
    const double beta = 0.8;
    const std::size_t experts = 5, tokens = 20;
    const auto logits = random_values(tokens * experts, 2, 6),
               scores = random_values(experts, 1, 7);
    const auto router =
        top_k({.beta = beta, .k = 3, .gate = by.gate, .renormalise = by.renormalise});
    const router_batch batch{experts, logits, scores, {2, 2}};

    for (const auto& got : {router->route(batch), router->infer(batch)})
        for (std::size_t t = 0; t < tokens; ++t) {
            row z;
            marks chosen;
            for (std::size_t e = 0; e < experts; ++e) {
                z.push_back(beta * (logits[t * experts + e] + scores[e]));
                chosen.push_back(got.chosen[t * experts + e]);
            }
            CHECK(std::count(chosen.begin(), chosen.end(), 1) == 3);
            const auto want = weights_of(by, z, chosen);
            for (std::size_t e = 0; e < experts; ++e)
                CHECK_THAT(got.weights[t * experts + e], WithinAbs(want[e], 1e-15));
        }
}

TEST_CASE("the gradient of top-k is that of its gates with the choice held", "[top_k][oracle]") {
    const auto by =
        GENERATE(gate_setting{gate_kind::softmax, false}, gate_setting{gate_kind::softmax, true},
                 gate_setting{gate_kind::sigmoid, false}, gate_setting{gate_kind::sigmoid, true});
    const auto k = GENERATE(as<std::size_t>{}, 1, 2, 4);
    const double beta = 1.4;
    const std::size_t experts = 4, tokens = 3;
    const auto logits = random_values(tokens * experts, 1, 8),
               scores = random_values(experts, 1, 9);
    const auto by_weights = random_values(tokens * experts, 1, 10);
    const auto router =
        top_k({.beta = beta, .k = k, .gate = by.gate, .renormalise = by.renormalise});
    const router_batch batch{experts, logits, scores, {2, 5}};
    const auto outcome = router->route(batch);

    row got(logits.size());
    router->backward(batch, outcome, by_weights, got);

    const auto loss = [&](const row& at) {
        double sum = 0;
        for (std::size_t t = 0; t < tokens; ++t) {
            row z;
            marks chosen;
            for (std::size_t e = 0; e < experts; ++e) {
                z.push_back(beta * (at[t * experts + e] + scores[e]));
                chosen.push_back(outcome.chosen[t * experts + e]);
            }
            const auto w = weights_of(by, z, chosen);
            for (std::size_t e = 0; e < experts; ++e) sum += by_weights[t * experts + e] * w[e];
        }
        return sum;
    };
    const auto want = gradient(loss, logits);
    CAPTURE(k, by.renormalise);
    for (std::size_t i = 0; i < want.size(); ++i) CHECK_THAT(got[i], WithinAbs(want[i], 1e-9));
    if (k == 1 && by.renormalise)
        for (const double slope : got) CHECK(slope == 0);
}

TEST_CASE("top-k routes as often as its mean load says", "[top_k][oracle]") {
    struct setting {
        std::size_t experts, k;
        noise_law noise;
    };
    const auto [experts, k, noise] =
        GENERATE(setting{2, 1, noise_law::gumbel}, setting{2, 1, noise_law::gaussian},
                 setting{2, 1, noise_law::logistic}, setting{2, 2, noise_law::gumbel},
                 setting{8, 1, noise_law::gumbel}, setting{8, 3, noise_law::gumbel},
                 setting{64, 8, noise_law::gumbel});
    const double beta = 1.2, of_token = static_cast<double>(k);
    const auto router = top_k({.beta = beta, .k = k, .noise = noise});
    const auto rows = random_values(3 * experts, 0.7, 20);

    check_mean_load(*router, beta, rows, experts, experts == 64 ? 15'000 : 30'000,
                    [&](std::size_t, double p, const row&) {
                        const double m = of_token * p;  // an upper bound: tokens differ
                        return std::sqrt(std::max(0.0, m * (1 - m))) / of_token;
                    });
}

TEST_CASE("the mean load of top-k is null where no closed form is known", "[top_k]") {
    const row two(2), three(3);

    CHECK(top_k({.noise = noise_law::none})->mean_load(two, 2) == nullptr);
    CHECK(top_k({.noise = noise_law::gaussian})->mean_load(three, 3) == nullptr);
    CHECK(top_k({.k = 2, .noise = noise_law::gaussian})->mean_load(two, 2) == nullptr);
    CHECK(top_k()->mean_load(three, 3)->name() == "softmax");
    CHECK(top_k()->mean_load({0, 0, 1}, 3)->name() == "token-softmax");
    CHECK(top_k({.noise = noise_law::gaussian})->mean_load({0, 1}, 2)->name() == "token-gaussian");
}

TEST_CASE("tokens that do not compare go nowhere, and change no other", "[top_k][property]") {
    const auto experts = GENERATE(as<std::size_t>{}, 2, 4);
    const auto k = GENERATE(as<std::size_t>{}, 1, 2);
    const auto router = top_k({.k = k});
    auto logits = random_values(5 * experts, 1, 30);
    const row scores(experts), good = logits, by_weights(logits.size(), 1.0);
    logits[0] = not_a_number;
    logits[experts] = infinite;
    for (std::size_t e = 0; e < experts; ++e) logits[3 * experts + e] = -infinite;
    const std::vector<bool> routed{false, false, true, false, true};
    const router_batch batch{experts, logits, scores};

    const auto got = router->route(batch), plain = router->route({experts, good, scores});
    row slopes(logits.size(), 7.0), plain_slopes(logits.size());
    router->backward(batch, got, by_weights, slopes);
    router->backward({experts, good, scores}, plain, by_weights, plain_slopes);

    CHECK(got.unrouted == 3);
    for (std::size_t i = 0; i < logits.size(); ++i) {
        CHECK(got.chosen[i] == (routed[i / experts] ? plain.chosen[i] : 0));
        CHECK(got.weights[i] == (routed[i / experts] ? plain.weights[i] : 0));
        CHECK(slopes[i] == (routed[i / experts] ? plain_slopes[i] : 0));
    }
}

TEST_CASE("a token of top-k with fewer open experts goes to all of them", "[top_k]") {
    const row logits{-infinite, -800, 700, -infinite}, scores(4);
    const gate_kind gate = GENERATE(gate_kind::softmax, gate_kind::sigmoid);
    const auto router = top_k({.k = 3, .gate = gate, .renormalise = true});
    const router_batch batch{4, logits, scores};

    const auto got = router->route(batch);
    row slopes(4);
    router->backward(batch, got, row(4, 1.0), slopes);

    CHECK(got.chosen == marks{0, 1, 1, 0});
    CHECK(got.weights == row{0, 0, 1, 0});
    for (const double slope : slopes) CHECK(std::isfinite(slope));
}

TEST_CASE("renormalised sigmoid gates survive where all of them underflow", "[top_k]") {
    const row logits{-900, -900, -2000}, scores(3);
    const auto router =
        top_k({.k = 2, .noise = noise_law::none, .gate = gate_kind::sigmoid, .renormalise = true});

    CHECK(router->infer({3, logits, scores}).weights == row{0.5, 0.5, 0});
}

TEST_CASE("top-k routes an empty batch to nobody", "[top_k]") {
    const row scores(4);

    const auto got = top_k({.k = 2})->route({4, {}, scores});

    CHECK(got.chosen.empty());
    CHECK(got.load == row(4));
    CHECK(got.unrouted == 0);
}

TEST_CASE("top-k says what it cannot serve", "[top_k][error]") {
    const row two(2), three(3);
    row out(3);

    CHECK_THROWS_WITH(top_k({.beta = 0}), "top-k: beta is 0, but it must be > 0 and finite");
    CHECK_THROWS_WITH(top_k({.beta = not_a_number}),
                      "top-k: beta is nan, but it must be > 0 and finite");
    CHECK_THROWS_WITH(top_k({.k = 0}), "top-k: k is 0, but at least one must be chosen");
    CHECK_THROWS_WITH(top_k({.k = 3})->route({2, two, two}),
                      "top-k: k is 3 of 2 experts, but no more can be chosen than there are");
    CHECK_THROWS_WITH(top_k({.k = 3})->mean_load(two, 2),
                      "top-k: k is 3 of 2 experts, but no more can be chosen than there are");
    CHECK_THROWS_WITH(
        top_k({.noise = noise_law::logistic})->route({3, three, three}),
        "top-k: logistic noise came with 1 of 3 experts, but it is for 1 of 2: gumbel "
        "noise is the same law for any number");
    CHECK_THROWS_WITH(
        top_k()->route({2, three, two}),
        "top-k: 3 logits came for 2 experts, but each token needs one for every expert");
    CHECK_THROWS_WITH(top_k()->route({2, two, row{0, infinite}}),
                      "top-k: a score is inf, but it must be finite");
    CHECK_THROWS_WITH(top_k()->mean_load({0}, 1), "top_k_loads: experts is 1, but it must be >= 2");
    CHECK_THROWS_WITH(top_k()->mean_load({}, 2),
                      "top_k_loads: 0 logits came for 2 experts, but each token needs a row of "
                      "one for every expert");
    CHECK_THROWS_WITH(top_k()->mean_load({0, not_a_number}, 2),
                      "top_k_loads: a logit is nan, but all must be finite");
    const auto router = top_k();
    const router_batch batch{2, two, two};
    CHECK_THROWS_WITH(router->backward(batch, router->route(batch), two, out),
                      "top-k: 3 derivatives by logits came, but the batch has 2 logits");
}
