// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/subset_law.hpp>
#include <moebius/simulate/tossed_loop.hpp>

namespace moebius {
namespace {

constexpr require loop("tossed_loop");

tossed_options checked(const tossed_options& options) {
    loop.at_least("experts", options.experts, 2);
    check_band("tossed_loop", options.top_k, options.top_k, options.experts - 1);
    if (options.tokens < 1 || options.tokens > std::numeric_limits<std::uint32_t>::max())
        throw invalid_argument("tossed_loop", fmt::format("tokens is {}", options.tokens),
                               "it must be 1 to 4294967295");
    return options;
}

std::vector<double> checked(std::vector<double> scores, std::size_t experts) {
    if (scores.empty()) scores.resize(experts);
    if (scores.size() != experts)
        throw invalid_argument("tossed_loop", fmt::format("{} scores came", scores.size()),
                               fmt::format("the {} experts need one each, or none", experts));
    for (const double s : scores) loop.finite("a score", s);
    return scores;
}

/// ends[e] = how many words choose one of the experts 0 ... e, by softmax(beta scores).
void ends_of(std::span<const double> scores, double beta, std::span<std::uint64_t> ends) {
    const double top = *std::max_element(scores.begin(), scores.end());
    double total = 0, sum = 0;
    for (const double s : scores) total += std::exp(beta * (s - top));
    for (std::size_t e = 0; e < scores.size(); ++e) {
        sum += std::exp(beta * (scores[e] - top));
        ends[e] = words_below(std::min(1.0, sum / total));
    }
    ends.back() = std::uint64_t{1} << 32;
}

}  // namespace

tossed_loop::tossed_loop(const tossed_options& options, std::vector<double> scores)
    : options_(checked(options)), scores_(checked(std::move(scores), options.experts)) {
    loads_.resize(options_.experts);
    counts_.resize(options_.experts);
    ends_.resize(options_.experts);
    uniforms_.resize(options_.experts);
    chosen_.resize(options_.experts);
    guide_.resize(std::bit_ceil(options_.experts));
    words_.resize(std::min<std::size_t>(1024, (options_.tokens + 3) / 4));
}

void tossed_loop::toss_one(double beta) {
    const auto scores = scores_.sum();
    if (options_.experts == 2)  // as closed_loop, to the last bit
        ends_[0] = words_below(first_share(noise_law::gumbel, beta * (scores[0] - scores[1])));
    else
        ends_of(scores, beta, ends_);
    ends_.back() = std::uint64_t{1} << 32;
    const auto bits = static_cast<unsigned>(std::countr_zero(guide_.size()));
    for (std::size_t g = 0, e = 0; g < guide_.size(); ++g) {
        while (ends_[e] <= (std::uint64_t{g} << (32 - bits))) ++e;
        guide_[g] = static_cast<std::uint32_t>(e);
    }
    for (std::uint64_t block = 0; 4 * block < options_.tokens; block += words_.size()) {
        random_words(options_.seed, random_stream::coin, steps_, static_cast<std::uint32_t>(block),
                     words_);
        const std::uint64_t left = options_.tokens - 4 * block;
        for (std::size_t t = 0; t < std::min<std::uint64_t>(left, 4 * words_.size()); ++t) {
            const std::uint32_t word = words_[t / 4][t % 4];
            std::size_t e = guide_[word >> (32 - bits)];
            while (ends_[e] <= word) ++e;
            ++counts_[e];
        }
    }
}

void tossed_loop::toss_sets(double beta) {
    std::vector<double> logits(scores_.sum().begin(), scores_.sum().end());
    for (double& z : logits) z *= beta;
    const subset_law law(logits, options_.top_k, options_.top_k);
    for (std::size_t t = 0; t < options_.tokens; ++t) {
        for (std::size_t e = 0; e < options_.experts; e += 4) {
            const auto words = random_words(
                options_.seed, block(random_stream::subset, static_cast<std::uint32_t>(e / 4)),
                steps_, static_cast<std::uint32_t>(t));
            for (std::size_t i = e; i < std::min(e + 4, options_.experts); ++i)
                uniforms_[i] = uniform(words[i - e]);
        }
        law.sample(0.5, uniforms_, chosen_);
        for (std::size_t e = 0; e < options_.experts; ++e) counts_[e] += chosen_[e];
    }
}

std::span<const double> tossed_loop::advance(const feedback_rule& rule) {
    check(rule, options_.experts);
    std::fill(counts_.begin(), counts_.end(), 0);
    if (options_.top_k == 1)
        toss_one(rule.beta);
    else
        toss_sets(rule.beta);
    const double choices = static_cast<double>(options_.tokens * options_.top_k);
    std::transform(counts_.begin(), counts_.end(), loads_.begin(),
                   [=](std::uint64_t count) { return static_cast<double>(count) / choices; });
    scores_.follow(rule, loads_);
    ++steps_;
    return loads_;
}

}  // namespace moebius
