// SPDX-License-Identifier: MIT
//
// top1::choose, in vectors, against top1::choose_plainly.
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/router/top1.hpp>
#include <vector>

#include "catch.hpp"
#include "each_target.hpp"

using namespace moebius;

namespace {

constexpr batch_key some_key{11, 3};

double normal_of(std::uint32_t i) {
    const auto w = random_words(5, random_stream::made, 0, i);
    return normal_pair(uniform(w[0]), uniform(w[1])).first;
}

std::vector<double> normals_of(std::size_t n, double scale) {
    std::vector<double> out(n);
    for (std::size_t i = 0; i < n; ++i) out[i] = scale * normal_of(static_cast<std::uint32_t>(i));
    return out;
}

std::vector<random_block> words_of(std::size_t tokens, std::uint32_t first) {
    std::vector<random_block> words(tokens);
    random_words(some_key.seed, random_stream::token, some_key.step, first, words);
    return words;
}

/// Both choices of these tokens, the first of which has this number in the batch.
struct both {
    std::vector<std::uint32_t> quick, plain;

    both(const top1& router, std::span<const double> logits, std::span<const double> scores,
         std::size_t tokens, std::uint32_t first = 0)
        : quick(tokens), plain(tokens) {
        const auto words = words_of(tokens, first);
        router.choose(logits, scores, some_key, first, words, quick);
        router.choose_plainly(logits, scores, some_key, first, words, plain);
    }
};

}  // namespace

TEST_CASE("choices in vectors are the plain ones for any shape", "[top1][vector][property]") {
    const auto noise = GENERATE(noise_law::gumbel, noise_law::gaussian);
    const auto experts = GENERATE(as<std::size_t>{}, 1, 2, 3, 5, 6, 7, 8, 9, 17, 64, 67, 1100);
    const auto tokens = GENERATE(as<std::size_t>{}, 1, 15, 16, 17, 255, 256, 257);
    const auto scores = normals_of(experts, 0.7), logits = normals_of(tokens * experts, 1.3);
    const top1 router{1.7, noise};

    on_each_target([&] {
        CAPTURE(experts, tokens, to_string(noise));
        const both with(router, logits, scores, tokens, 0xffffff80),  // the number wraps
            without(router, {}, scores, tokens, 77);
        CHECK(with.quick == with.plain);
        CHECK(without.quick == without.plain);
        std::vector<std::uint32_t> drawn(tokens);
        router.choose({}, scores, some_key, 77, {}, drawn);
        CHECK(drawn == without.plain);
    });
}

TEST_CASE("choices in vectors are the plain ones for rows that are no numbers",
          "[top1][vector][property]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    const auto noise = GENERATE(noise_law::gumbel, noise_law::gaussian);
    const auto experts = GENERATE(as<std::size_t>{}, 2, 3, 8, 19);
    const std::size_t tokens = 400;
    auto logits = normals_of(tokens * experts, 1);
    const std::vector<double> odd{nan, inf, -inf, 1e300, -1e300, 1e9, -1e9, 3e7, 90, -90, 27, -27};
    for (std::size_t t = 0; t < tokens; ++t) {
        const auto row = std::span(logits).subspan(t * experts, experts);
        row[t % experts] = odd[t % odd.size()];
        if (t % 5 == 0) row[(t + 1) % experts] = odd[(t / 5) % odd.size()];
        if (t % 7 == 0) std::fill(row.begin(), row.end(), odd[t % odd.size()]);
    }
    const top1 router{2, noise};

    on_each_target([&] {
        CAPTURE(experts, to_string(noise));
        const both some(router, logits, std::vector<double>(experts, 0.25), tokens);
        CHECK(some.quick == some.plain);
        CHECK(std::count(some.quick.begin(), some.quick.end(), no_expert) > 0);
    });
}

TEST_CASE("a tie that no float can tell is settled in double", "[top1][vector][property]") {
    // The scores of expert a put it above or below the best by less than the error of a float.
    const auto noise = GENERATE(noise_law::gumbel, noise_law::gaussian);
    const auto gap = GENERATE(1e-5, 1e-8, 1e-13, -1e-13, -1e-8, -1e-5);
    const std::size_t experts = 9;
    const top1 router{1, noise};
    std::vector<double> drawn(experts);

    on_each_target([&] {
        for (std::uint32_t t = 0; t < 200; ++t) {
            const auto words = words_of(1, t);
            draw_noise(noise, some_key, t, words[0], drawn);
            const auto best = static_cast<std::size_t>(
                std::max_element(drawn.begin(), drawn.end()) - drawn.begin());
            const std::size_t rival = (best + 1 + t % (experts - 1)) % experts;
            std::vector<double> scores(experts, 0.0);
            scores[rival] = drawn[best] - drawn[rival] + gap;

            const both some(router, {}, scores, 1, t);

            CHECK(some.quick == some.plain);
            CHECK(some.plain[0] == (gap > 0 ? rival : best));
        }
    });
}

TEST_CASE("choices in vectors are the plain ones where noise is at its ends",
          "[top1][vector][property]") {
    // Words by hand: the smallest and largest uniforms, and those beside a change of formula.
    std::vector<random_block> words;
    for (const std::uint32_t w : {0U, 1U, 2U, 0x7fffffffU, 0x80000000U, 0xb504f332U, 0xb504f333U,
                                  0xb504f334U, 0xb504f400U, 0xfffffffeU, 0xffffffffU})
        for (const std::uint32_t v : {0U, 0x1fffffffU, 0x20000000U, 0x3fffffffU, 0x40000000U,
                                      0x60000000U, 0xa0000000U, 0xffffffffU})
            words.push_back({w, v, 0, 0});
    const auto noise = GENERATE(noise_law::gumbel, noise_law::gaussian);
    const top1 router{1, noise};

    on_each_target([&] {
        for (const double s : {0.0, 3.0, -3.0, 20.0}) {
            const std::vector<double> scores{s, 0, 0.5 * s};
            std::vector<std::uint32_t> quick(words.size()), plain(words.size());
            router.choose({}, scores, some_key, 0, words, quick);
            router.choose_plainly({}, scores, some_key, 0, words, plain);
            CHECK(quick == plain);
        }
    });
}

TEST_CASE("choices of two experts in vectors are the plain ones beside their threshold",
          "[top1][vector][property]") {
    const auto noise = GENERATE(noise_law::gumbel, noise_law::logistic);
    const double beta = GENERATE(0.01, 1.0, 30.0);
    const std::size_t tokens = 4000;
    const auto words = words_of(tokens, 0);
    const std::vector<double> scores{0.3, -0.2};
    std::vector<double> logits(2 * tokens);
    for (std::size_t t = 0; t < tokens; ++t) {  // z = logit(u), but for a few units of the float
        const double u = uniform(words[t][0]);
        const double away = 1e-7 * (static_cast<double>(t % 41) - 20);
        logits[2 * t] = (std::log(u) - std::log1p(-u)) * (1 + away) / beta;
        logits[2 * t + 1] = 0.5;
    }
    const top1 router{beta, noise};
    on_each_target([&] {
        CAPTURE(beta, to_string(noise));
        const both of(router, logits, scores, tokens);
        CHECK(of.quick == of.plain);
        CHECK(std::count(of.plain.begin(), of.plain.end(), 0U) > 400);
        CHECK(std::count(of.plain.begin(), of.plain.end(), 1U) > 400);
    });
}
