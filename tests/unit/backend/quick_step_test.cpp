// SPDX-License-Identifier: MIT
//
// The routing step of the CPU's backend, in vectors or tiles, against route_step.
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/backend/backend.hpp>

#include "catch.hpp"
#include "each_target.hpp"

using namespace moebius;

namespace {

std::vector<float> normals_from(std::size_t n, std::uint32_t seed) {
    std::vector<float> out(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto w = random_words(seed, random_stream::made, 0, static_cast<std::uint32_t>(i));
        out[i] = static_cast<float>(normal_pair(uniform(w[0]), uniform(w[1])).first);
    }
    return out;
}

gated_batch some_batch(std::size_t experts, std::size_t width, std::size_t tokens, bool bf16) {
    gated_batch batch{experts, width, normals_from(tokens * width, 1),
                      normals_from(experts * width, 2), bf16};
    for (float& w : batch.gate) w /= std::sqrt(static_cast<float>(width));
    return batch;
}

std::vector<double> some_scores_of(std::size_t experts) {
    std::vector<double> scores(experts);
    for (std::size_t e = 0; e < experts; ++e) scores[e] = 0.3 * std::cos(static_cast<double>(e));
    return scores;
}

void check_alike(const routed_batch& quick, const routed_batch& plain) {
    CHECK(quick.choices == plain.choices);
    CHECK(quick.counts == plain.counts);
    CHECK(quick.scores == plain.scores);
    CHECK(quick.unrouted == plain.unrouted);
    CHECK(quick.near_ties == plain.near_ties);
    CHECK(quick.slots == plain.slots);
    CHECK(quick.order == plain.order);
    REQUIRE(quick.probabilities.size() == plain.probabilities.size());
    float worst = 0;
    for (std::size_t i = 0; i < plain.probabilities.size(); ++i)
        worst = std::max(worst, std::abs(quick.probabilities[i] - plain.probabilities[i]));
    CHECK(worst <= 2e-5F);  // logits of size 1 to 10 whose sums have up to 300 roundings of 2^-24
}

void check_both(const gated_batch& batch, const route_step_options& options) {
    const auto scores = some_scores_of(batch.experts);
    const auto plain = route_step(batch, scores, options);
    on_each_target([&] {
        CAPTURE(batch.experts, batch.width, batch.tokens.size() / batch.width, batch.bf16,
                options.choices, to_string(options.noise));
        check_alike(make_backend("cpu", 3)->route(batch, scores, options), plain);
    });
}

}  // namespace

TEST_CASE("the quick routing step is the oracle's for any shape",
          "[route_step][vector][property]") {
    const auto experts = GENERATE(as<std::size_t>{}, 1, 2, 8, 17, 64, 70);
    const auto width = GENERATE(as<std::size_t>{}, 1, 31, 64, 300);
    const auto tokens = GENERATE(as<std::size_t>{}, 0, 1, 33, 130);
    const bool bf16 = GENERATE(false, true);

    check_both(some_batch(experts, width, tokens, bf16), {.tie_margin = 1e-2, .capacity = 3});
}

TEST_CASE("the quick routing step is the oracle's with more choices and noise",
          "[route_step][vector][property]") {
    const auto choices = GENERATE(as<std::size_t>{}, 1, 2, 8);
    const auto noise = GENERATE(noise_law::none, noise_law::gumbel, noise_law::gaussian);
    const bool bf16 = GENERATE(false, true);

    check_both(some_batch(8, 48, 300, bf16), {.rule = {.beta = 1.7},
                                              .choices = choices,
                                              .noise = noise,
                                              .key = {4, 9},
                                              .tie_margin = 1e-3,
                                              .capacity = 100});
}

TEST_CASE("the quick routing step settles ties as the oracle", "[route_step][vector][property]") {
    // Experts in pairs with the same weights, and pairs that differ in the last bit of one weight.
    const bool bf16 = GENERATE(false, true);
    auto batch = some_batch(8, 64, 200, bf16);
    for (std::size_t e = 0; e < 8; e += 2)
        std::copy_n(batch.gate.begin() + static_cast<std::ptrdiff_t>(64 * e), 64,
                    batch.gate.begin() + static_cast<std::ptrdiff_t>(64 * e + 64));
    for (const std::size_t e : {3U, 7U})
        batch.gate[64 * e + 5] = std::nextafter(batch.gate[64 * e + 5], 2.0F);
    const std::vector<double> scores(8, 0.25);

    for (const double margin : {0.0, 1e-12, 1e-7}) {
        const route_step_options options{.choices = GENERATE(1U, 3U), .tie_margin = margin};
        const auto plain = route_step(batch, scores, options);
        on_each_target(
            [&] { check_alike(make_backend("cpu", 2)->route(batch, scores, options), plain); });
        CHECK(plain.near_ties > 0);
    }
}

TEST_CASE("a gap beside the tie margin is near or not as in the oracle",
          "[route_step][vector][property]") {
    const bool bf16 = GENERATE(false, true);
    const std::size_t width = 64;
    const auto batch = some_batch(3, width, 40, bf16);
    const auto rounded = [&](float x) {
        return static_cast<double>(bf16 ? from_bf16(to_bf16(x)) : x);
    };

    on_each_target([&] {
        for (std::size_t t = 0; t < 40; ++t) {
            std::vector<double> values(3);
            for (std::size_t i = 0; i < 3 * width; ++i)
                values[i / width] +=
                    rounded(batch.tokens[t * width + i % width]) * rounded(batch.gate[i]);
            std::sort(values.begin(), values.end());
            for (const double margin :
                 {(values[2] - values[1]) * (1 - 1e-12), (values[2] - values[1]) * (1 + 1e-12)}) {
                const route_step_options options{.tie_margin = margin};
                CHECK(make_backend("cpu", 1)->route(batch, {0, 0, 0}, options).near_ties ==
                      route_step(batch, {0, 0, 0}, options).near_ties);
            }
        }
    });
}

TEST_CASE("the quick routing step is the oracle's for tokens that are no numbers",
          "[route_step][vector][property]") {
    const float nan = std::numeric_limits<float>::quiet_NaN(), inf = HUGE_VALF;
    const bool bf16 = GENERATE(false, true);
    const std::size_t width = 40, tokens = 170;
    auto batch = some_batch(9, width, tokens, bf16);
    const std::vector<float> odd{nan, inf, -inf, 3e38F, -3e38F, 1e30F, 1e-40F, 1e-30F, 0.0F};
    for (std::size_t t = 0; t < tokens; ++t) {
        const auto token = std::span(batch.tokens).subspan(t * width, width);
        if (t % 3 == 0) token[t % width] = odd[t / 3 % odd.size()];
        if (t % 11 == 0) std::fill(token.begin(), token.end(), odd[t / 11 % odd.size()]);
    }
    check_both(batch, {.choices = GENERATE(1U, 2U)});

    batch.gate[width + 3] =
        GENERATE(-HUGE_VALF, 1e-40F, 3e38F);  // closed to some, and tiny, and huge
    check_both(batch, {.choices = GENERATE(1U, 2U)});
}
