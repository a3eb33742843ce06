// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/random.hpp>
#include <set>
#include <vector>

#include "catch.hpp"
#include "each_target.hpp"

using namespace moebius;

namespace {

constexpr std::size_t draws = 100'000;

std::vector<random_block> blocks(std::uint64_t step) {
    std::vector<random_block> out(draws);
    random_words(7, random_stream::token, step, 0, out);
    return out;
}

/// Kolmogorov and Smirnov's statistic, largest distance times sqrt(n).
template <typename Cdf>
double kolmogorov(std::vector<double> sample, Cdf cdf) {
    std::sort(sample.begin(), sample.end());
    const auto n = static_cast<double>(sample.size());
    double distance = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
        const double p = cdf(sample[i]), below = static_cast<double>(i) / n;
        distance = std::max({distance, p - below, below + 1 / n - p});
    }
    return distance * std::sqrt(n);
}

constexpr double ks_limit = 2.2;  // exceeded by chance once in 8000: 2 exp(-2 2.2^2)

double normal_cdf(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

}  // namespace

TEST_CASE("random_words gives Random123's published Philox4x32-10 answers", "[random][oracle]") {
    // Random123 1.14, tests/kat_vectors, lines "philox4x32 10"; words as key low, high and
    // counter step low, high, index, stream.
    const auto stream = [](std::uint32_t word) { return static_cast<random_stream>(word); };

    CHECK(random_words(0, stream(0), 0, 0) ==
          random_block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(random_words(~0ULL, stream(~0U), ~0ULL, ~0U) ==
          random_block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(random_words(0x299f31d0a4093822, stream(0x03707344), 0x85a308d3243f6a88, 0x13198a2e) ==
          random_block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random_words in bulk are those asked for one by one", "[random][vector][property]") {
    const auto n = GENERATE(as<std::size_t>{}, 0, 1, 5, 16, 33);
    std::vector<random_block> bulk(n);
    std::vector<std::uint32_t> planes(4 * n);

    on_each_target([&] {
        random_words(3, random_stream::noise, 11, 0xfffffffe, bulk);  // the index wraps on the way
        random_planes(3, random_stream::noise, 11, 0xfffffffe, planes);
        for (std::uint32_t i = 0; i < n; ++i) {
            CHECK(bulk[i] == random_words(3, random_stream::noise, 11, 0xfffffffe + i));
            for (std::size_t w = 0; w < 4; ++w) CHECK(planes[w * n + i] == bulk[i][w]);
        }
    });
}

TEST_CASE("streams and their later blocks never share a counter", "[random][property]") {
    CHECK(block(random_stream::noise, 0) == random_stream::noise);
    CHECK(static_cast<std::uint32_t>(block(random_stream::gate, 0xffffff)) == 0xffffff03);
}

TEST_CASE("derived seeds of adjacent seeds are all different", "[random][property]") {
    std::set<std::uint64_t> seen;

    for (std::uint64_t seed = 0; seed < 10; ++seed)
        for (std::uint64_t index = 0; index < 1000; ++index) seen.insert(derived_seed(seed, index));

    CHECK(seen.size() == 10'000);  // by chance fewer once in 4e11
    const auto words = random_words(1, random_stream::seed, std::uint64_t{1} << 63, 0);
    CHECK(derived_seed(1, std::uint64_t{1} << 63) == (std::uint64_t{words[1]} << 32) + words[0]);
}

TEST_CASE("uniforms never reach 0 or 1", "[random][property]") {
    CHECK(uniform(0U) == 0x1p-33);
    CHECK(uniform(~0U) == 1 - 0x1p-33);
    CHECK(uniform(0U, 0U) == 0x1p-53);
    CHECK(uniform(~0U, ~0U) == 1 - 0x1p-53);
}

TEST_CASE("a threshold on words is the comparison of their uniforms", "[random][property]") {
    CHECK(words_below(0) == 0);
    CHECK(words_below(1) == std::uint64_t{1} << 32);
    CHECK(words_below(0x1p-33) == 0);
    for (const double share : {1e-12, 1e-9, 0.25, 0.3, 0.5, 0.9999, 1 - 0x1p-40}) {
        const auto limit = words_below(share);
        if (limit > 0) CHECK(uniform(static_cast<std::uint32_t>(limit - 1)) < share);
        if (limit < std::uint64_t{1} << 32)
            CHECK_FALSE(uniform(static_cast<std::uint32_t>(limit)) < share);
    }
}

TEST_CASE("each law's draws follow its distribution function", "[random][oracle]") {
    std::vector<double> coarse, fine, gumbels, normals, others;
    for (const auto& w : blocks(1)) {
        coarse.push_back(uniform(w[0]));
        fine.push_back(uniform(w[1], w[2]));
        gumbels.push_back(gumbel(uniform(w[0])));
        const auto [a, b] = normal_pair(uniform(w[2]), uniform(w[3]));
        normals.push_back(a);
        others.push_back(b);
    }

    CHECK(kolmogorov(coarse, [](double u) { return u; }) < ks_limit);
    CHECK(kolmogorov(fine, [](double u) { return u; }) < ks_limit);
    CHECK(kolmogorov(gumbels, [](double g) { return std::exp(-std::exp(-g)); }) < ks_limit);
    CHECK(kolmogorov(normals, normal_cdf) < ks_limit);
    CHECK(kolmogorov(others, normal_cdf) < ks_limit);
}

TEST_CASE("words of a block, neighbours and steps are uncorrelated", "[random][property]") {
    const auto now = blocks(1), later = blocks(2);
    double words = 0, neighbours = 0, steps = 0, normals = 0;
    const auto centred = [](std::uint32_t w) { return uniform(w) - 0.5; };
    for (std::size_t i = 0; i < draws; ++i) {
        words += centred(now[i][0]) * centred(now[i][3]);
        neighbours += centred(now[i][0]) * centred(now[(i + 1) % draws][0]);
        steps += centred(now[i][0]) * centred(later[i][0]);
        const auto [a, b] = normal_pair(uniform(now[i][0]), uniform(now[i][1]));
        normals += a * b;
    }

    const double error = std::sqrt(static_cast<double>(draws));  // of a sum of products, variance 1
    CHECK(std::abs(12 * words) < 4 * error);                     // 4 standard errors
    CHECK(std::abs(12 * neighbours) < 4 * error);
    CHECK(std::abs(12 * steps) < 4 * error);
    CHECK(std::abs(normals) < 4 * error);
}
