// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/simulate/closed_loop.hpp>

namespace moebius {
namespace {

constexpr std::size_t chunk = 256;  // tokens at a time: all their data stays in the first cache

[[noreturn]] void reject(std::string_view got, std::string_view needed) {
    throw invalid_argument("closed_loop", got, needed);
}

constexpr require loop_arguments("closed_loop");

}  // namespace

void check(const feedback_rule& rule, std::size_t experts) {
    loop_arguments.finite("feedback", rule.feedback)
        .positive_and_finite("decay", rule.decay)
        .positive_and_finite("beta", rule.beta)
        .positive_and_finite("step", rule.step);
    if (!(rule.step * rule.decay < 2))
        reject(fmt::format("step x decay is {}", rule.step * rule.decay),
               "it must be < 2, or the scores diverge");
    if (!rule.bias.empty() && rule.bias.size() != experts)
        reject(fmt::format("{} biases came", rule.bias.size()),
               fmt::format("the {} experts need one each, or none", experts));
    for (const double b : rule.bias) loop_arguments.finite("a bias", b);
    check(rule.controller, rule.step);
}

void follow(const feedback_rule& rule, std::span<const double> loads, std::span<double> scores) {
    for (std::size_t e = 0; e < scores.size(); ++e) {
        const double bias = rule.bias.empty() ? 0 : rule.bias[e];
        scores[e] += rule.step * (rule.feedback * loads[e] - rule.decay * scores[e] + bias);
    }
}

loop_scores::loop_scores(std::vector<double> scores)
    : rule_(std::move(scores)), controller_(rule_.size()), sum_(rule_) {}

void loop_scores::follow(const feedback_rule& rule, std::span<const double> loads) {
    moebius::follow(rule, loads, std::span(rule_));
    control(rule.controller, rule.step, loads, controller_);
    for (std::size_t e = 0; e < sum_.size(); ++e) sum_[e] = rule_[e] + controller_[e];
}

std::vector<double> bias_of_two(double h) { return {h / 2, -h / 2}; }

closed_loop::closed_loop(std::shared_ptr<const token_source> source, loop_options options,
                         std::vector<double> scores)
    : source_(std::move(source)), options_(options), scores_({}) {
    if (source_ == nullptr) reject("no token source came", "one is needed");
    const std::size_t experts = source_->experts();
    top1{1, options_.noise}.check(experts);
    if (options_.tokens < 1 || options_.tokens > std::numeric_limits<std::uint32_t>::max())
        reject(fmt::format("tokens is {}", options_.tokens), "it must be 1 to 4294967295");
    if (scores.empty()) scores.resize(experts);
    if (scores.size() != experts)
        reject(fmt::format("{} scores came", scores.size()),
               fmt::format("the {} experts need one each, or none", experts));
    for (const double s : scores) loop_arguments.finite("a score", s);
    scores_ = loop_scores(std::move(scores));
    loads_.resize(experts);
    counts_.resize(experts);
    words_.resize(std::min(chunk, options_.tokens));
    logits_.resize(words_.size() * experts);
    choices_.resize(words_.size());
}

void closed_loop::route_batch(const top1& router, const watch& watched) {
    const batch_key key{options_.seed, steps_};
    const std::size_t experts = counts_.size();
    std::fill(counts_.begin(), counts_.end(), 0);
    for (std::size_t first = 0; first < options_.tokens; first += chunk) {
        if (watched.stopping()) throw interrupted("closed_loop");
        const std::size_t n = std::min(chunk, options_.tokens - first);
        const auto index = static_cast<std::uint32_t>(first);
        const std::span words(words_.data(), n);
        const std::span logits(logits_.data(), n * experts);
        const std::span choices(choices_.data(), n);
        random_words(key.seed, random_stream::token, key.step, index, words);
        source_->fill(key, index, words, logits);
        router.choose(logits, scores_.sum(), key, index, words, choices);
        for (const auto choice : choices) ++(choice == no_expert ? unrouted_ : counts_[choice]);
    }
}

/// Two experts, all logits 0: every token compares one word with the same threshold.
void closed_loop::toss_batch(const top1& router, const watch& watched) {
    const auto scores = scores_.sum();
    const std::uint64_t threshold =
        words_below(first_share(router.noise, router.beta * (scores[0] - scores[1])));
    std::uint64_t first = 0;
    for (std::size_t block = 0; 4 * block < options_.tokens; block += words_.size()) {
        if (watched.stopping()) throw interrupted("closed_loop");
        random_words(options_.seed, random_stream::coin, steps_, static_cast<std::uint32_t>(block),
                     words_);
        const std::size_t left = options_.tokens - 4 * block;
        for (std::size_t t = 0; t < std::min(left, 4 * words_.size()); ++t)
            first += words_[t / 4][t % 4] < threshold;
    }
    counts_ = {first, options_.tokens - first};
}

std::span<const std::uint64_t> closed_loop::advance(const feedback_rule& rule,
                                                    const watch& watched) {
    check(rule, counts_.size());
    const top1 router{rule.beta, options_.noise};
    if (counts_.size() == 2 && !source_->draws_tokens())
        toss_batch(router, watched);
    else
        route_batch(router, watched);
    std::transform(counts_.begin(), counts_.end(), loads_.begin(), [&](std::uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(options_.tokens);
    });
    scores_.follow(rule, loads_);
    ++steps_;
    return counts_;
}

}  // namespace moebius
