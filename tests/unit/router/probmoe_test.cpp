// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/probmoe.hpp>
#include <numeric>
#include <vector>

#include "route_checks.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::band;
using test::dot;
using test::marks;
using test::row;
using test::softmax_of;

/// Token t's z = beta (logit + score). Shape (E).
row z_of(const router_batch& batch, double beta, std::size_t t) {
    row z;
    for (std::size_t e = 0; e < batch.experts; ++e)
        z.push_back(beta * (batch.logits[t * batch.experts + e] + batch.scores[e]));
    return z;
}

}  // namespace

TEST_CASE("probmoe draws its subsets from the words that it says", "[probmoe][oracle]") {
    const band sizes = GENERATE(band{2, 2}, band{1, 3});
    const auto experts = GENERATE(as<std::size_t>{}, 3, 4, 7, 8);
    const double beta = 1.3;
    const std::size_t tokens = 50;
    const auto logits = random_values(tokens * experts, 1, 3),
               scores = random_values(experts, 1, 4);
    const router_batch batch{experts, logits, scores, {6, 17}};

    const auto got =
        probmoe({.beta = beta, .k_min = sizes.k_min, .k_max = sizes.k_max})->route(batch);

    for (std::uint32_t t = 0; t < tokens; ++t) {
        row u;
        for (std::uint32_t e = 0; e <= experts; ++e)
            u.push_back(
                uniform(random_words(6, block(random_stream::subset, e / 4), 17, t)[e % 4]));
        const auto z = z_of(batch, beta, t);
        const auto pi = softmax_of(z);
        marks chosen(experts);
        subset_law(z, sizes.k_min, sizes.k_max)
            .sample(u[experts], std::span(u).first(experts), chosen);
        const auto size = static_cast<std::size_t>(std::count(chosen.begin(), chosen.end(), 1));
        CHECK((size >= sizes.k_min && size <= sizes.k_max));
        for (std::size_t e = 0; e < experts; ++e) {
            CHECK(got.chosen[t * experts + e] == chosen[e]);
            CHECK_THAT(got.weights[t * experts + e], WithinAbs(chosen[e] ? pi[e] : 0, 1e-15));
        }
    }
}

TEST_CASE("probmoe routes as often as its mean load says", "[probmoe][oracle]") {
    struct setting {
        std::size_t experts;
        band sizes;
    };
    const auto of = GENERATE(setting{2, {1, 1}}, setting{2, {1, 2}}, setting{8, {3, 3}},
                             setting{8, {2, 5}}, setting{64, {8, 8}}, setting{64, {6, 8}});
    const std::size_t experts = of.experts;
    const band sizes = of.sizes;
    const double beta = 1.2;
    const auto router = probmoe({.beta = beta, .k_min = sizes.k_min, .k_max = sizes.k_max});
    const auto rows = random_values(3 * experts, 0.7, 40);
    CAPTURE(sizes.k_min, sizes.k_max);

    check_mean_load(
        *router, beta, rows, experts, experts == 64 ? 15'000 : 30'000,
        [&](std::size_t e, double p, const row& scores) {  // of sum z_e/sum |S|, to first order
            row away(experts, -p);
            away[e] += 1;
            double variance = 0, size = 0;
            for (std::size_t t = 0; t < 3; ++t) {
                const subset_law law(z_of({experts, rows, scores}, beta, t), sizes.k_min,
                                     sizes.k_max);
                variance += dot(away, law.backward(away)) / 3;
                const auto m = law.marginals();
                size += std::accumulate(m.begin(), m.end(), 0.0) / 3;
            }
            return std::sqrt(std::max(variance, 0.0)) / size;
        });
}

TEST_CASE("the gradient of probmoe is that of its weights with the indicator's mean",
          "[probmoe][oracle]") {
    const band sizes = GENERATE(band{1, 1}, band{3, 3}, band{1, 4}, band{5, 5});
    const double beta = 1.4;
    const std::size_t experts = 5, tokens = 3;
    const auto logits = random_values(tokens * experts, 1, 8),
               scores = random_values(experts, 1, 9);
    const auto g = random_values(tokens * experts, 1, 10);
    const auto router = probmoe({.beta = beta, .k_min = sizes.k_min, .k_max = sizes.k_max});
    const router_batch batch{experts, logits, scores, {2, 5}};
    const auto outcome = router->route(batch);
    CAPTURE(sizes.k_min, sizes.k_max);

    row got(logits.size());
    router->backward(batch, outcome, g, got);

    const auto surrogate = [&](const row& at, const row& moved) {
        double sum = 0;
        for (std::size_t t = 0; t < tokens; ++t) {
            const auto z = z_of({experts, at, moved}, beta, t);
            const auto pi = softmax_of(z), pi_here = softmax_of(z_of(batch, beta, t));
            const auto m = subset_law(z, sizes.k_min, sizes.k_max).marginals();
            for (std::size_t e = 0; e < experts; ++e)
                if (const std::size_t i = t * experts + e; outcome.chosen[i])
                    sum += g[i] * (pi[e] + pi_here[e] * m[e]);
        }
        return sum;
    };
    const auto want = gradient([&](const row& at) { return surrogate(at, scores); }, logits);
    const auto by_score = gradient([&](const row& at) { return surrogate(logits, at); }, scores);
    for (std::size_t i = 0; i < want.size(); ++i) CHECK_THAT(got[i], WithinAbs(want[i], 1e-9));
    for (std::size_t e = 0; e < experts; ++e)
        CHECK_THAT(got[e] + got[experts + e] + got[2 * experts + e], WithinAbs(by_score[e], 1e-9));
}

TEST_CASE("the published slopes of probmoe scale the indicator's part by 1 - p",
          "[probmoe][oracle]") {
    const double beta = 0.9;
    const std::size_t experts = 6;
    const auto logits = random_values(experts, 1, 18), g = random_values(experts, 1, 19);
    const row scores(experts);
    const router_batch batch{experts, logits, scores};
    const auto exact = probmoe({.beta = beta, .k_min = 2, .k_max = 4});
    const auto published =
        probmoe({.beta = beta, .k_min = 2, .k_max = 4, .slopes = subset_slopes::published});
    const auto outcome = exact->route(batch);

    row a(experts), b(experts);
    exact->backward(batch, outcome, g, a);
    published->backward(batch, outcome, g, b);

    const auto z = z_of(batch, beta, 0);
    const auto pi = softmax_of(z);
    double mean = 0;
    for (std::size_t e = 0; e < experts; ++e) mean += outcome.chosen[e] ? g[e] * pi[e] : 0;
    for (std::size_t e = 0; e < experts; ++e) {
        const double through_pi = beta * pi[e] * ((outcome.chosen[e] ? g[e] : 0) - mean);
        const double q = 1 / (1 + std::exp(z[e]));
        CHECK_THAT(b[e] - through_pi, WithinAbs(q * (a[e] - through_pi), 1e-15));
    }
}

TEST_CASE("at inference probmoe takes the likeliest subset", "[probmoe][oracle]") {
    const bool renormalise = GENERATE(false, true);
    const row logits{1, -1, 2, 0.5, -3, -1, -2, -4}, scores(4);
    const router_batch batch{4, logits, scores};
    const auto exact = probmoe({.k_min = 2, .k_max = 2, .renormalise = renormalise});
    const auto dynamic = probmoe({.k_min = 1, .k_max = 3, .renormalise = renormalise});

    const auto two = exact->infer(batch), some = dynamic->infer(batch);

    CHECK(exact->name() == "probmoe-exact-k");
    CHECK(dynamic->name() == "probmoe-dynamic-k");
    CHECK(two.chosen == marks{1, 0, 1, 0, 0, 1, 1, 0});
    CHECK(some.chosen == marks{1, 0, 1, 1, 0, 1, 0, 0});
    CHECK(some.load == row{0.25, 0.25, 0.25, 0.25});
    const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(0.5);
    CHECK_THAT(some.weights[2],
               WithinAbs(std::exp(2.0) / (renormalise ? sum : sum + std::exp(-1.0)), 1e-15));
    CHECK(some.weights[1] == 0);
}

TEST_CASE("a token of probmoe that does not compare goes nowhere, and changes no other",
          "[probmoe][property]") {
    const std::size_t experts = 4;
    const auto router = probmoe({.k_min = 1, .k_max = 3});
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

TEST_CASE("a token of probmoe with fewer open experts goes to all of them", "[probmoe]") {
    const row logits{-infinite, 0, 1, -infinite}, scores(4);
    const auto router = probmoe({.k_min = 3, .k_max = 3});
    const router_batch batch{4, logits, scores};

    const auto got = router->route(batch);
    row slopes(4);
    router->backward(batch, got, row(4, 1.0), slopes);

    CHECK(got.chosen == marks{0, 1, 1, 0});
    CHECK_THAT(got.weights[1] + got.weights[2], WithinAbs(1.0, 1e-15));
    for (const double slope : slopes) CHECK_THAT(slope, WithinAbs(0.0, 1e-15));
}

TEST_CASE("probmoe routes one expert, and an empty batch to nobody", "[probmoe]") {
    const row one(1), none;

    CHECK(probmoe()->route({1, one, one}).weights == row{1});
    const auto empty = probmoe()->route({1, none, one});
    CHECK((empty.chosen.empty() && empty.unrouted == 0));
    CHECK(empty.load == row{0});
}

TEST_CASE("probmoe says what it cannot serve", "[probmoe][error]") {
    const row two(2), three(3);
    row out(3);

    CHECK_THROWS_WITH(probmoe({.beta = -1}), "probmoe: beta is -1, but it must be > 0 and finite");
    CHECK_THROWS_WITH(probmoe({.beta = not_a_number}),
                      "probmoe: beta is nan, but it must be > 0 and finite");
    CHECK_THROWS_WITH(probmoe({.k_min = 0, .k_max = 0}),
                      "probmoe: k is 0, but at least one must be chosen");
    CHECK_THROWS_WITH(probmoe({.k_min = 0}),
                      "probmoe: k_min is 0, but at least one must be chosen");
    CHECK_THROWS_WITH(probmoe({.k_min = 2}),
                      "probmoe: k_min is 2 and k_max is 1, but the band must not be empty");
    CHECK_THROWS_WITH(probmoe({.k_min = 3, .k_max = 3})->route({2, two, two}),
                      "probmoe: k is 3 of 2 experts, but no more can be chosen than there are");
    CHECK_THROWS_WITH(probmoe({.k_max = 3})->infer({2, two, two}),
                      "probmoe: k_max is 3 of 2 experts, but no more can be chosen than there are");
    CHECK_THROWS_WITH(probmoe({.k_max = 3})->mean_load(two, 2),
                      "probmoe: k_max is 3 of 2 experts, but no more can be chosen than there are");
    CHECK_THROWS_WITH(
        probmoe()->route({2, three, two}),
        "probmoe: 3 logits came for 2 experts, but each token needs one for every expert");
    CHECK_THROWS_WITH(probmoe()->route({2, two, row{0, not_a_number}}),
                      "probmoe: a score is nan, but it must be finite");
    CHECK_THROWS_WITH(probmoe()->mean_load({0}, 1),
                      "subset_loads: experts is 1, but it must be >= 2");
    const auto router = probmoe();
    const router_batch batch{2, two, two};
    CHECK_THROWS_WITH(router->backward(batch, router->route(batch), three, out),
                      "probmoe: 3 derivatives by weights came, but the batch has 2 logits");
}
