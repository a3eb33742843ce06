// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <thread>

namespace moebius {
namespace {

constexpr std::size_t chunk = 256;   // tokens at a time: all their data stays in the first cache
constexpr std::size_t alone = 8192;  // logits, some 10 us: what a thread does in the time of a call

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
                         std::vector<double> scores, unsigned threads)
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
    make_places(threads);
}

void closed_loop::make_places(unsigned threads) {
    const std::size_t experts = counts_.size(), n = std::min(chunk, options_.tokens);
    const std::size_t most = options_.tokens / std::max<std::size_t>(chunk, alone / experts);
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    threads = static_cast<unsigned>(std::clamp<std::size_t>(most, 1, threads));
    if (threads > 1 && !tosses()) team_ = std::make_unique<team>(threads);
    constexpr std::size_t line = 64 / sizeof(std::uint64_t);
    const std::size_t logits = source_->draws_tokens() ? n * experts : 0;
    places_.assign(team_ ? team_->size() : 1,
                   {std::vector<random_block>(n), std::vector<double>(logits),
                    std::vector<std::uint32_t>(n), std::vector<std::uint64_t>(experts + line)});
}

bool closed_loop::tosses() const noexcept {
    return counts_.size() == 2 && !source_->draws_tokens();
}

/// Few experts are counted one after the other, each in vectors: a count that is raised for token
/// after token waits for itself.
void closed_loop::count(std::span<const std::uint32_t> choices, std::size_t experts, place& at) {
    constexpr std::size_t few = 16;
    if (experts > few) {
        for (const auto choice : choices) ++(choice == no_expert ? at.unrouted : at.counts[choice]);
        return;
    }
    std::uint64_t routed = 0;
    for (std::uint32_t e = 0; e < experts; ++e) {
        const auto of_one =
            static_cast<std::uint64_t>(std::count(choices.begin(), choices.end(), e));
        at.counts[e] += of_one;
        routed += of_one;
    }
    at.unrouted += choices.size() - routed;
}

void closed_loop::route_chunk(const top1& router, std::size_t first, place& at) const {
    const batch_key key{options_.seed, steps_};
    const std::size_t n = std::min(chunk, options_.tokens - first);
    const auto index = static_cast<std::uint32_t>(first);
    const std::span choices(at.choices.data(), n);
    std::span<random_block> words;
    std::span<double> logits;  // both empty: all 0
    if (source_->draws_tokens()) {
        words = {at.words.data(), n};
        random_words(key.seed, random_stream::token, key.step, index, words);
        logits = {at.logits.data(), n * counts_.size()};
        source_->fill(key, index, words, logits);
    }
    router.choose(logits, scores_.sum(), key, index, words, choices);
    count(choices, counts_.size(), at);
}

void closed_loop::route_batch(const top1& router, const watch& watched) {
    for (auto& at : places_) {
        std::fill(at.counts.begin(), at.counts.end(), 0);
        at.unrouted = 0;
    }
    const auto route = [&](unsigned member, std::size_t i) {
        if (watched.stopping()) throw interrupted("closed_loop");
        route_chunk(router, i * chunk, places_[member]);
    };
    const std::size_t chunks = (options_.tokens + chunk - 1) / chunk;
    if (team_)
        team_->run(chunks, route);
    else
        for (std::size_t i = 0; i < chunks; ++i) route(0, i);
    std::fill(counts_.begin(), counts_.end(), 0);
    for (const auto& at : places_) {
        for (std::size_t e = 0; e < counts_.size(); ++e) counts_[e] += at.counts[e];
        unrouted_ += at.unrouted;
    }
}

/// Two experts, all logits 0: every token compares one word with the same threshold.
void closed_loop::toss_batch(const top1& router, const watch& watched) {
    const auto scores = scores_.sum();
    const std::uint64_t threshold =
        words_below(first_share(router.noise, router.beta * (scores[0] - scores[1])));
    std::uint64_t first = 0;
    auto& words = places_[0].words;
    for (std::size_t block = 0; 4 * block < options_.tokens; block += words.size()) {
        if (watched.stopping()) throw interrupted("closed_loop");
        random_words(options_.seed, random_stream::coin, steps_, static_cast<std::uint32_t>(block),
                     words);
        const std::size_t left = options_.tokens - 4 * block;
        for (std::size_t t = 0; t < std::min(left, 4 * words.size()); ++t)
            first += words[t / 4][t % 4] < threshold;
    }
    counts_ = {first, options_.tokens - first};
}

std::span<const std::uint64_t> closed_loop::advance(const feedback_rule& rule,
                                                    const watch& watched) {
    check(rule, counts_.size());
    const top1 router{rule.beta, options_.noise};
    if (tosses())
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
