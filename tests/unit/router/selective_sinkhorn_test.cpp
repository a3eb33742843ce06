// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/top1.hpp>
#include <vector>

#include "selective_sinkhorn_checks.hpp"

using namespace selective_sinkhorn_checks;

TEST_CASE("a batch is balanced as often as asked, and the same batch always or never",
          "[selective_sinkhorn][oracle]") {
    const double frequency = GENERATE(0.0, 0.001, 0.3, 1.0);
    const std::uint64_t steps = 200'000;
    std::uint64_t count = 0;

    for (std::uint64_t step = 0; step < steps; ++step)
        if (is_sinkhorn_step({.seed = 3, .step = step}, frequency)) ++count;

    const double n = static_cast<double>(steps);
    CHECK(std::abs(static_cast<double>(count) - n * frequency) <=
          4 * std::sqrt(n * frequency * (1 - frequency)));
    CHECK(is_sinkhorn_step({.seed = 3, .step = 5}, 0.5) ==
          is_sinkhorn_step({.seed = 3, .step = 5}, 0.5));
}

TEST_CASE("without balanced batches it routes as top1 does", "[selective_sinkhorn][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 1, 2, 7);
    const auto noise = GENERATE(noise_law::none, noise_law::gumbel, noise_law::gaussian);
    const auto logits = some_logits(100, experts);
    const auto scores = score_vector(experts, 3);
    const router_batch batch{experts, logits, scores, {.seed = 2, .step = 8}};
    const auto router = selective_sinkhorn({.beta = 1.3, .frequency = 0, .noise = noise});

    const auto out = router->route(batch);
    const auto plain = top1{1.3, noise}.route(logits, scores, batch.key);

    for (std::size_t t = 0; t < 100; ++t) {
        double sum = 0, top = 0;
        for (std::size_t e = 0; e < experts; ++e) {
            CHECK(out.chosen[t * experts + e] == (plain.choices[t] == e ? 1 : 0));
            const double share = std::exp(1.3 * (logits[t * experts + e] + scores[e]));
            sum += share;
            if (plain.choices[t] == e) top = share;
        }
        CHECK_THAT(out.weights[t * experts + plain.choices[t]], WithinRel(top / sum, 1e-13));
    }
    for (std::size_t e = 0; e < experts; ++e)
        CHECK(out.load[e] == static_cast<double>(plain.counts[e]) / 100);
}

TEST_CASE("gumbel noise draws k experts without replacement", "[selective_sinkhorn][oracle]") {
    const std::size_t tokens = 40'000;
    const std::vector<double> p{0.5, 0.3, 0.2}, scores(3);
    std::vector<double> logits(3 * tokens);
    for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = std::log(p[i % 3]) / 1.3;

    const auto out = selective_sinkhorn({.beta = 1.3, .k = 2, .frequency = 0})
                         ->route({3, logits, scores, {.seed = 6, .step = 2}});

    // Plackett and Luce: e stays out if the other two come first, in either order.
    for (std::size_t e = 0; e < 3; ++e) {
        const double a = p[(e + 1) % 3], b = p[(e + 2) % 3];
        const double in = 1 - a * b / (1 - a) - a * b / (1 - b);
        const double error = std::sqrt(in * (1 - in) / static_cast<double>(tokens));
        CHECK(std::abs(2 * out.load[e] - in) < 4 * error);
    }
    for (std::size_t t = 0; t < tokens; t += 1000)
        CHECK(out.chosen[3 * t] + out.chosen[3 * t + 1] + out.chosen[3 * t + 2] == 2);
}

TEST_CASE("inference is softmax top-k without noise, whatever the batch",
          "[selective_sinkhorn][oracle]") {
    const std::vector<double> logits{0, 1, 2, 3, 1, 1}, scores{0, 0.5, 0};
    const auto router = selective_sinkhorn({.beta = 2, .k = 2, .frequency = 1});

    const auto out = router->infer({3, logits, scores, {}});

    CHECK(out.chosen == std::vector<std::uint8_t>{0, 1, 1, 1, 1, 0});
    const double first = 1 / (1 + std::exp(2 * (2 - 1.5)));  // z = 3 and 4
    CHECK_THAT(out.weights[1], WithinAbs(first, 1e-15));
    CHECK_THAT(out.weights[2], WithinAbs(1 - first, 1e-15));
    CHECK(out.load == std::vector<double>{0.25, 0.5, 0.25});
}

TEST_CASE("a balanced batch takes the gates of its plan", "[selective_sinkhorn][oracle]") {
    const auto cost = GENERATE(sinkhorn_cost::linear, sinkhorn_cost::softmax);
    const auto logits = some_logits(20, 4);
    const auto scores = score_vector(4, 2);
    std::vector<double> z(logits.size());
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = 1.3 * (logits[i] + scores[i % 4]);
    const auto router = selective_sinkhorn(
        {.beta = 1.3, .k = 2, .frequency = 1, .scaling = sharp, .cost = cost, .noise_scale = 0});

    const auto out = router->route({4, logits, scores, {}});

    const auto plan_cost = cost_of(cost, z, 4);
    const auto gates = gates_of(sinkhorn(plan_cost, 4, sharp), plan_cost, 4, 2);
    CHECK(out.chosen == gates.chosen);
    for (std::size_t i = 0; i < z.size(); ++i)
        CHECK_THAT(out.weights[i], WithinAbs(gates.weights[i], 1e-12));  // tolerance 1e-13
}

TEST_CASE("a linear plan does not see the scores, a softmax plan does",
          "[selective_sinkhorn][property]") {
    const auto cost = GENERATE(sinkhorn_cost::linear, sinkhorn_cost::softmax);
    const double noise = GENERATE(0.0, 0.5);
    const auto logits = some_logits(40, 5);
    const auto router = selective_sinkhorn(
        {.k = 2, .frequency = 1, .scaling = {.xi = 0.2}, .cost = cost, .noise_scale = noise});

    const auto even = router->route({5, logits, score_vector(5, 0), {}});
    const auto uneven = router->route({5, logits, score_vector(5, 9), {}});

    CHECK((even.weights == uneven.weights) == (cost == sinkhorn_cost::linear));
}

TEST_CASE("tokens that see no difference all go to the lowest expert unless noise parts them",
          "[selective_sinkhorn]") {
    const auto cost = GENERATE(sinkhorn_cost::linear, sinkhorn_cost::softmax);
    const auto experts = GENERATE(as<std::size_t>{}, 2, 5, 8);
    const auto number = GENERATE(range(std::size_t{0}, std::size_t{10}));
    const std::vector<double> logits(60 * experts, 0.7);
    const auto scores = score_vector(experts, number);
    const auto load = [&](double noise) {
        return selective_sinkhorn({.frequency = 1, .cost = cost, .noise_scale = noise})
            ->route({experts, logits, scores, {}})
            .load;
    };

    CHECK(load(0)[0] == 1);  // rounding of the scores parts nobody
    const auto parted = load(0.1);
    CHECK(*std::max_element(parted.begin(), parted.end()) < 0.75);
}

TEST_CASE("tokens that cannot be routed are counted and change no other",
          "[selective_sinkhorn][property]") {
    const double frequency = GENERATE(0.0, 1.0);
    const auto k = GENERATE(as<std::size_t>{}, 1, 2);
    auto logits = some_logits(9, 3);
    const auto router =
        selective_sinkhorn({.k = k, .frequency = frequency, .gradient = plan_gradient::implicit});
    const std::vector<double> scores(3);
    const auto plain = router->route({3, logits, scores, {}});

    logits.insert(logits.end(),
                  {0, not_a_number, 0, infinite, 0, 0, -infinite, -infinite, -infinite});
    const router_batch batch{3, logits, scores, {}};
    const auto mixed = router->route(batch);

    CHECK(mixed.unrouted == 3);
    CHECK(mixed.load == plain.load);
    CHECK(std::equal(plain.weights.begin(), plain.weights.end(), mixed.weights.begin()));
    std::vector<double> got(logits.size(), 7.0), by_weights(logits.size(), 1.0);
    std::fill(by_weights.begin() + 27, by_weights.end(), not_a_number);  // not to be read
    router->backward(batch, mixed, by_weights, got);
    for (std::size_t i = 27; i < 36; ++i) {
        CHECK(mixed.weights[i] == 0);
        CHECK(mixed.chosen[i] == 0);
        CHECK(got[i] == 0);
    }
}

TEST_CASE("a batch that has no plan is an ordinary one", "[selective_sinkhorn]") {
    const std::vector<double> logits{1, 0, -infinite, 0, 2, -infinite}, scores(3);
    const batch_key key{.seed = 4, .step = 1};

    const auto balanced = selective_sinkhorn({.frequency = 1})->route({3, logits, scores, key});
    const auto ordinary = selective_sinkhorn({.frequency = 0})->route({3, logits, scores, key});

    CHECK(balanced.chosen == ordinary.chosen);
    CHECK(balanced.weights == ordinary.weights);
}

TEST_CASE("selective Sinkhorn routing sends an empty batch nowhere", "[selective_sinkhorn]") {
    const double frequency = GENERATE(0.0, 1.0);
    const std::vector<double> scores(4);

    const auto out = selective_sinkhorn({.frequency = frequency})->route({4, {}, scores, {}});

    CHECK(out.load == std::vector<double>(4));
    CHECK(out.unrouted == 0);
    CHECK(out.weights.empty());
}

TEST_CASE("selective Sinkhorn routing says what it cannot do", "[selective_sinkhorn][error]") {
    const std::vector<double> two(2), three(3);
    const auto router = selective_sinkhorn();
    std::vector<double> out(2);

    CHECK_THROWS_WITH(selective_sinkhorn({.beta = 0}),
                      "selective-sinkhorn: beta is 0, but it must be > 0 and finite");
    CHECK_THROWS_WITH(selective_sinkhorn({.k = 0}),
                      "selective-sinkhorn: k is 0, but it must be >= 1");
    CHECK_THROWS_WITH(selective_sinkhorn({.frequency = 1.5}),
                      "selective-sinkhorn: frequency is 1.5, but it must be in [0, 1]");
    CHECK_THROWS_WITH(selective_sinkhorn({.frequency = not_a_number}),
                      "selective-sinkhorn: frequency is nan, but it must be in [0, 1]");
    CHECK_THROWS_WITH(selective_sinkhorn({.noise_scale = -1}),
                      "selective-sinkhorn: noise_scale is -1, but it must be >= 0 and finite");
    CHECK_THROWS_WITH(selective_sinkhorn({.scaling = {.xi = -1}}),
                      "sinkhorn: xi is -1, but it must be > 0 and finite");
    CHECK_THROWS_WITH(selective_sinkhorn({.k = 3})->check(2),
                      "selective-sinkhorn: k is 3 for 2 experts, but it must be in [1, experts]");
    CHECK_THROWS_WITH(selective_sinkhorn({.noise = noise_law::logistic})->check(3),
                      "top1: logistic noise came with 3 experts, but it is for two: gumbel noise "
                      "is the same law for any number");
    CHECK_THROWS_WITH(router->check(0),
                      "selective-sinkhorn: no experts came, but at least one is needed");
    CHECK_THROWS_WITH(router->route({2, three, two, {}}),
                      "selective-sinkhorn: 3 logits came for 2 experts, but each token needs one "
                      "for every expert");
    CHECK_THROWS_WITH(
        router->backward({2, two, two, {}}, router->route({2, two, two, {}}), three, out),
        "selective-sinkhorn: 3 numbers came to backward, but the batch has 2 logits");
    CHECK_THROWS_WITH(
        router->mean_load({}, 2),
        "selective-sinkhorn: 0 logits came for 2 experts, but each token needs a row of "
        "one for every expert");
    CHECK_THROWS_WITH(router->mean_load({0, not_a_number}, 2),
                      "selective-sinkhorn: a logit is nan, but it must be finite");
    CHECK_THROWS_WITH(router->mean_load({0}, 1), "softmax: experts is 1, but it must be >= 2");
}
