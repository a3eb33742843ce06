// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/require.hpp>
#include <moebius/simulate/route_step.hpp>
#include <numeric>

#include "route_parts.hpp"

namespace moebius {
namespace {

std::vector<float> rounded(std::vector<float> values, bool bf16) {
    if (!bf16) return values;
    for (float& value : values) value = from_bf16(to_bf16(value));
    return values;
}

/// Places of the choices sorted by expert; those beyond an expert's capacity have none.
void dispatch(routed_batch& routed, std::size_t experts, std::size_t capacity) {
    std::vector<std::uint32_t> next(experts);
    for (std::size_t e = 1; e < experts; ++e)
        next[e] = next[e - 1] +
                  static_cast<std::uint32_t>(std::min<std::size_t>(routed.counts[e - 1], capacity));
    std::vector<std::size_t> taken(experts);
    routed.slots.assign(routed.choices.size(), no_expert);
    routed.order.resize(std::accumulate(
        routed.counts.begin(), routed.counts.end(), std::size_t{0},
        [&](std::size_t sum, std::size_t count) { return sum + std::min(count, capacity); }));
    for (std::size_t i = 0; i < routed.choices.size(); ++i) {
        const auto e = routed.choices[i];
        if (e == no_expert || taken[e]++ >= capacity) continue;
        routed.slots[i] = next[e]++;
        routed.order[routed.slots[i]] = static_cast<std::uint32_t>(i);
    }
}

}  // namespace

void check(const gated_batch& batch, const std::vector<double>& scores,
           const route_step_options& options) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("route_step", got, needed);
    };
    if (batch.experts < 1 || batch.experts > 65536)
        reject(fmt::format("{} experts came", batch.experts), "there must be 1 to 65536");
    require("route_step").at_least("width", batch.width, 1).at_least("repeats", options.repeats, 1);
    if (batch.gate.size() != batch.experts * batch.width)
        reject(fmt::format("a gate of {} numbers came", batch.gate.size()),
               fmt::format("{} experts of width {} need {}", batch.experts, batch.width,
                           batch.experts * batch.width));
    if (batch.tokens.size() % batch.width != 0)
        reject(fmt::format("tokens of {} numbers came", batch.tokens.size()),
               fmt::format("they must fill rows of {}", batch.width));
    if (scores.size() != batch.experts)
        reject(fmt::format("{} scores came", scores.size()),
               fmt::format("the {} experts need one each", batch.experts));
    if (options.choices < 1 || options.choices > std::min<std::size_t>(batch.experts, 8))
        reject(fmt::format("choices is {}", options.choices),
               "it must be 1 to 8 and at most the number of experts");
    if (options.noise == noise_law::logistic)
        reject("logistic noise came", "none, gumbel or gaussian noise is needed");
    require("route_step").positive_and_finite("beta", options.rule.beta);
    if (!options.rule.bias.empty() && options.rule.bias.size() != batch.experts)
        reject(fmt::format("{} biases came", options.rule.bias.size()),
               fmt::format("the {} experts need one each, or none", batch.experts));
}

routed_batch empty_step(std::size_t tokens, std::size_t choices) {
    routed_batch routed;
    routed.choices.assign(tokens * choices, no_expert);
    routed.probabilities.assign(tokens * choices, 0);
    return routed;
}

bool token_values::scale(std::span<const double> scores, double beta) {
    bool some = false;
    for (std::size_t e = 0; e < values.size(); ++e) {
        if (!(values[e] < infinite)) return false;
        some = some || values[e] > -infinite;
        values[e] = beta * (values[e] + scores[e]);
    }
    return some;
}

void token_values::add_noise(const route_step_options& options, std::uint32_t token) {
    const auto& key = options.key;
    if (options.noise != noise_law::none)
        draw_noise(options.noise, key, token,
                   random_words(key.seed, random_stream::token, key.step, token), noise);
    for (std::size_t e = 0; e < values.size(); ++e) noisy[e] = values[e] + noise[e];
}

void sort_best(token_values& of, std::size_t k) {
    of.best.resize(of.noisy.size());
    std::iota(of.best.begin(), of.best.end(), 0U);
    const auto sorted = static_cast<std::ptrdiff_t>(std::min(k + 1, of.best.size()));
    std::partial_sort(of.best.begin(), of.best.begin() + sorted, of.best.end(),
                      [&noisy = of.noisy](std::uint32_t a, std::uint32_t b) {
                          return noisy[a] > noisy[b] || (noisy[a] == noisy[b] && a < b);
                      });
}

void choose(std::size_t t, const token_values& of, const route_step_options& options,
            routed_batch& routed, step_tally& tally) {
    const std::size_t k = options.choices, sorted = std::min(k + 1, of.best.size());
    const double top = *std::max_element(of.values.begin(), of.values.end());
    double sum = 0;
    for (const double value : of.values) sum += std::exp(value - top);
    bool near = false;
    for (std::size_t j = 0; j < k; ++j) {
        const auto e = of.best[j];
        if (of.noisy[e] == -infinite) break;  // closed to this token
        routed.choices[t * k + j] = e;
        routed.probabilities[t * k + j] = static_cast<float>(std::exp(of.values[e] - top) / sum);
        ++tally.counts[e];
        near = near ||
               (j + 1 < sorted && of.noisy[e] - of.noisy[of.best[j + 1]] <= options.tie_margin);
    }
    tally.near_ties += near;
}

void finish_step(std::span<const step_tally> tallies, const std::vector<double>& scores,
                 std::size_t tokens, const route_step_options& options, routed_batch& routed) {
    routed.counts.assign(scores.size(), 0);
    for (const auto& tally : tallies) {
        for (std::size_t e = 0; e < scores.size(); ++e) routed.counts[e] += tally.counts[e];
        routed.unrouted += tally.unrouted;
        routed.near_ties += tally.near_ties;
    }
    routed.scores = scores;
    if (tokens > 0)
        follow<std::uint32_t>(options.rule, routed.counts, tokens, std::span(routed.scores));
    if (options.capacity > 0) dispatch(routed, scores.size(), options.capacity);
}

routed_batch route_step(const gated_batch& batch, const std::vector<double>& scores,
                        const route_step_options& options) {
    check(batch, scores, options);
    const std::size_t width = batch.width, tokens = batch.tokens.size() / width;
    const auto rows = rounded(batch.tokens, batch.bf16), gate = rounded(batch.gate, batch.bf16);
    auto routed = empty_step(tokens, options.choices);
    step_tally tally{std::vector<std::uint32_t>(batch.experts)};
    token_values of(batch.experts);
    for (std::size_t t = 0; t < tokens; ++t) {
        for (std::size_t e = 0; e < batch.experts; ++e) {
            of.values[e] = 0;
            for (std::size_t i = 0; i < width; ++i)
                of.values[e] += static_cast<double>(rows[t * width + i]) *
                                static_cast<double>(gate[e * width + i]);
        }
        if (!of.scale(scores, options.rule.beta)) {
            ++tally.unrouted;
            continue;
        }
        of.add_noise(options, static_cast<std::uint32_t>(t));
        sort_best(of, options.choices);
        choose(t, of, options, routed, tally);
    }
    finish_step({&tally, 1}, scores, tokens, options, routed);
    return routed;
}

}  // namespace moebius
