// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "selective_sinkhorn_checks.hpp"

using namespace selective_sinkhorn_checks;

namespace {

/// The mean over steps of the load that `route` gives, and its standard error.
std::pair<std::vector<double>, std::vector<double>> measured_load(const router& router,
                                                                  const std::vector<double>& logits,
                                                                  const std::vector<double>& scores,
                                                                  std::size_t steps) {
    const std::size_t experts = scores.size();
    std::vector<double> sum(experts), squares(experts);
    for (std::size_t step = 0; step < steps; ++step) {
        const auto load = router.route({experts, logits, scores, {.seed = 11, .step = step}}).load;
        for (std::size_t e = 0; e < experts; ++e) {
            sum[e] += load[e];
            squares[e] += load[e] * load[e];
        }
    }
    const double n = static_cast<double>(steps);
    for (std::size_t e = 0; e < experts; ++e) {
        sum[e] /= n;
        squares[e] = std::sqrt((squares[e] / n - sum[e] * sum[e]) / (n - 1));
    }
    return {sum, squares};
}

/// The standard error of the mean load of an expert that few or none of 30 tokens of 400 batches
/// chose.
double counting_error(double load) { return std::sqrt(load * (1 - load) / (30 * 400)); }

}  // namespace

TEST_CASE("the mean load of experts without tokens is that of many batches",
          "[selective_sinkhorn][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 2, 8, 64);
    const auto cost = GENERATE(sinkhorn_cost::linear, sinkhorn_cost::softmax);
    const auto number = GENERATE(range(std::size_t{0}, std::size_t{10}));
    const std::vector<double> logits(32 * experts);
    const auto scores = score_vector(experts, number);
    const auto router = selective_sinkhorn({.frequency = 0.4, .cost = cost, .noise_scale = 0.3});

    const auto [mean, error] = measured_load(*router, logits, scores, 400);

    std::vector<double> load(experts);
    const auto response = router->mean_load(std::vector<double>(experts), experts);
    REQUIRE(response);
    response->loads(scores, 1, load);
    for (std::size_t e = 0; e < experts; ++e) {
        CAPTURE(experts, number, e);
        CHECK(std::abs(mean[e] - load[e]) < 4 * std::max(error[e], counting_error(load[e])));
    }
}

TEST_CASE("the mean load on tokens is that of many batches", "[selective_sinkhorn][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 2, 8, 64);
    const auto number = GENERATE(range(std::size_t{0}, std::size_t{10}));
    const auto logits = some_logits(30, experts);
    const auto scores = score_vector(experts, number);
    const auto router = selective_sinkhorn({.beta = 1.5, .frequency = 0.4, .noise_scale = 0});

    const auto [mean, error] = measured_load(*router, logits, scores, 400);

    std::vector<double> load(experts);
    const auto response = router->mean_load(logits, experts);
    REQUIRE(response);
    response->loads(scores, 1.5, load);
    for (std::size_t e = 0; e < experts; ++e) {
        CAPTURE(experts, number, e);
        CHECK(std::abs(mean[e] - load[e]) < 4 * std::max(error[e], counting_error(load[e])));
    }
}

TEST_CASE("balanced batches take their share of the feedback away",
          "[selective_sinkhorn][oracle]") {
    const double frequency = GENERATE(0.0, 0.25, 1.0);
    const std::size_t n = 4;
    const auto response =
        selective_sinkhorn({.frequency = frequency})->mean_load(std::vector<double>(n), n);
    const std::vector<double> s(n);
    std::vector<double> p(n), slope(n * n), by_beta(n);

    response->slopes(s, 2, p, slope, by_beta);

    // docs/theory.md section 3: softmax at balance has slope beta/N along differences of scores.
    CHECK_THAT(slope[0] - slope[1], WithinAbs((1 - frequency) * 2 / 4, 1e-15));
    CHECK(response->regrouped(one_group(n)) != nullptr);
}

TEST_CASE("the mean load is known or null as documented", "[selective_sinkhorn]") {
    const auto logits = some_logits(3, 2);
    const std::vector<double> none(2);
    std::vector<double> p(2);

    CHECK(selective_sinkhorn({.noise_scale = 0})->mean_load(logits, 2));
    CHECK(selective_sinkhorn({.noise_scale = 0.1})->mean_load(logits, 2));
    CHECK_FALSE(selective_sinkhorn({.cost = sinkhorn_cost::softmax})->mean_load(logits, 2));
    CHECK_FALSE(selective_sinkhorn({.cost = sinkhorn_cost::softmax, .noise_scale = 0})
                    ->mean_load(logits, 2));
    CHECK_FALSE(selective_sinkhorn({.k = 2})->mean_load(none, 2));
    CHECK_FALSE(selective_sinkhorn({.noise = noise_law::none})->mean_load(none, 2));
    selective_sinkhorn({.frequency = 1, .noise_scale = 0})->mean_load(none, 2)->loads(none, 1, p);
    CHECK(p == std::vector<double>{1, 0});  // the trap
}
