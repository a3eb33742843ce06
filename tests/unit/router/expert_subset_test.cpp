// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/router/expert_subset.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

using subset = std::vector<std::size_t>;

/// Six experts; slot e looks along feature e, and expert e turns what it sees by its own angle.
/// Tokens lie along features 1 and 4, so experts 1 and 4 carry this input. `variant` bends tokens.
soft_moe_layer specialised_layer() {
    soft_moe_layer layer{
        .width = 6, .experts = 6, .slots = 1, .slot_vectors = std::vector<double>(36)};
    for (std::size_t e = 0; e < 6; ++e) layer.slot_vectors[7 * e] = 1;
    layer.scale = 4;
    return layer;
}
std::vector<double> specialised_tokens(std::size_t variant) {
    std::vector<double> x(4 * 6);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] =
            0.3 * std::sin(static_cast<double>(i * i + 7 * variant) + 0.4 * static_cast<double>(i));
    for (std::size_t t = 0; t < 4; ++t) x[6 * t + (t % 2 ? 1 : 4)] += 1;
    return x;
}
void turn(std::size_t e, std::span<const double> x, std::span<double> y) {
    for (std::size_t q = 0; q < x.size(); ++q) y[q] = x[(q + e) % x.size()];
}

/// How near the subset's output is to that of all experts: minus the squared distance.
double nearness(const soft_moe_layer& layer, const soft_moe_pass& pass,
                std::span<const std::size_t> kept) {
    const auto got = subset_output(layer, pass, kept);
    double sum = 0;
    for (std::size_t i = 0; i < got.size(); ++i) sum -= std::pow(got[i] - pass.output[i], 2);
    return sum;
}

}  // namespace

TEST_CASE("an expert's mass is the sum of its combine weights", "[expert_subset][oracle]") {
    const std::vector<double> combine{0.1, 0.2, 0.3, 0.4, 0.5, 0.25, 0.125, 0.125};

    const auto mass = combine_mass(combine, 2, 2);

    CHECK_THAT(mass[0], WithinAbs(1.05, 1e-15));
    CHECK_THAT(mass[1], WithinAbs(0.95, 1e-15));
    CHECK(combine_mass({}, 3, 1) == std::vector<double>(3));
}

TEST_CASE("the top subset has the largest masses, the lowest experts on ties",
          "[expert_subset][oracle]") {
    CHECK(top_subset(std::vector{0.1, 0.4, 0.2, 0.3}, 2) == subset{1, 3});
    CHECK(top_subset(std::vector{0.25, 0.25, 0.25, 0.25}, 3) == subset{0, 1, 2});
    CHECK(top_subset(std::vector{1.0}, 1) == subset{0});
}

TEST_CASE("random subsets are all alike likely, and the same for the same input",
          "[expert_subset][oracle]") {
    std::map<subset, int> counts;
    const int inputs = 10'000;

    for (int i = 0; i < inputs; ++i)
        ++counts[random_subset(5, 2, 1, static_cast<std::uint64_t>(i))];

    CHECK(counts.size() == 10);
    const double p = 0.1;
    for (const auto& [which, count] : counts) {
        CHECK(which[0] < which[1]);
        CHECK(std::abs(count - inputs * p) < 4 * std::sqrt(inputs * p * (1 - p)));
    }
    CHECK(random_subset(50, 20, 1, 3) == random_subset(50, 20, 1, 3));
    CHECK(random_subset(50, 20, 1, 3) != random_subset(50, 20, 2, 3));
    CHECK(random_subset(4, 4, 1, 3) == subset{0, 1, 2, 3});
}

TEST_CASE("the exhaustive search tries every subset once", "[expert_subset][oracle]") {
    std::vector<subset> tried;

    const auto best = best_subset(5, 3, [&](auto s) {
        tried.emplace_back(s.begin(), s.end());
        return s[0] == 1 && s[2] == 4 ? 2.0 : s[0] == 2 ? std::nan("") : 1.0;
    });

    CHECK(tried.size() == 10);  // 5 choose 3
    std::sort(tried.begin(), tried.end());
    CHECK(std::adjacent_find(tried.begin(), tried.end()) == tried.end());
    CHECK(best.experts == subset{1, 2, 4});  // the first of two that are worth 2
    CHECK(best.score == 2);
}

TEST_CASE("the heuristic subset beats random ones and loses to none but the best",
          "[expert_subset][oracle]") {
    const auto layer = specialised_layer();
    double of_top = 0, of_random = 0, of_best = 0;
    const std::size_t inputs = 20;

    for (std::size_t i = 0; i < inputs; ++i) {
        const auto pass = soft_moe(layer, specialised_tokens(i), turn);
        const auto score = [&](std::span<const std::size_t> s) { return nearness(layer, pass, s); };
        const auto chosen = top_subset(combine_mass(pass.combine, 6, 1), 2);
        const auto best = best_subset(6, 2, score);
        CHECK(best.score >= score(chosen));
        of_top += score(chosen);
        of_best += best.score;
        for (std::uint64_t seed = 0; seed < 10; ++seed)
            of_random += score(random_subset(6, 2, seed, i)) / 10;
    }

    CAPTURE(of_top, of_random, of_best);
    CHECK(of_top > of_random / 2);  // less than half the distance
    CHECK(of_top <= of_best);
}

TEST_CASE("dropped experts give nothing, and weights are renormalised on demand",
          "[expert_subset][oracle]") {
    const auto layer = specialised_layer();
    const auto pass = soft_moe(layer, specialised_tokens(1), turn);
    const subset kept{1, 4};
    auto masked = layer;  // the older rule: logits of the dropped are minus infinity
    masked.scores = {-1e9, 0, -1e9, -1e9, 0, -1e9};

    const auto plain = subset_output(layer, pass, kept);
    const auto renormalised = subset_output(layer, pass, kept, kept_weights::renormalised);

    const auto want = soft_moe(masked, specialised_tokens(1), turn).output;
    for (std::size_t t = 0; t < 4; ++t)
        for (std::size_t q = 0; q < 6; ++q) {
            double sum = 0;
            for (const std::size_t e : kept)
                sum += pass.combine[6 * t + e] * pass.slot_outputs[6 * e + q];
            CHECK_THAT(plain[6 * t + q], WithinAbs(sum, 1e-15));
            CHECK_THAT(renormalised[6 * t + q], WithinAbs(want[6 * t + q], 1e-14));
        }
    const auto all = subset_output(layer, pass, subset{0, 1, 2, 3, 4, 5});
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK_THAT(all[i], WithinAbs(pass.output[i], 1e-15));
}

TEST_CASE("subset discovery says what it cannot do", "[expert_subset][error]") {
    const std::vector<double> three(3);
    const auto layer = specialised_layer();
    const auto pass = soft_moe(layer, specialised_tokens(1), turn);

    CHECK_THROWS_WITH(combine_mass(three, 2, 1),
                      "combine_mass: 3 weights came for 2 experts of 1 slots, but each token needs "
                      "one a slot");
    CHECK_THROWS_WITH(top_subset(three, 4),
                      "top_subset: k is 4 for 3 experts, but it must be in [1, experts]");
    CHECK_THROWS_WITH(random_subset(3, 0, 1, 1),
                      "random_subset: k is 0 for 3 experts, but it must be in [1, experts]");
    CHECK_THROWS_WITH(best_subset(64, 32, [](auto) { return 0.0; }),
                      "best_subset: 32 of 64 experts make 1.83e+18 subsets, but at most a million "
                      "can be tried");
    CHECK_THROWS_WITH(subset_output(layer, pass, subset{6}),
                      "subset_output: the subset names expert 6, but the layer has 6, from 0");
}
