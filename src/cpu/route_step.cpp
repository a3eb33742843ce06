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

namespace moebius {
namespace {

std::vector<float> rounded(std::vector<float> values, bool bf16) {
    if (!bf16) return values;
    for (float& value : values) value = from_bf16(to_bf16(value));
    return values;
}

/// Beta (logit + score) of every expert for one token; false if it goes nowhere.
bool values_of(const float* token, const std::vector<float>& gate,
               const std::vector<double>& scores, std::size_t width, double beta,
               std::vector<double>& values) {
    bool some = false;
    for (std::size_t e = 0; e < scores.size(); ++e) {
        double logit = 0;
        for (std::size_t i = 0; i < width; ++i)
            logit += static_cast<double>(token[i]) * static_cast<double>(gate[e * width + i]);
        if (!(logit < infinite)) return false;
        some = some || logit > -infinite;
        values[e] = beta * (logit + scores[e]);
    }
    return some;
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

namespace {

/// The largest `sorted` of the noisy values first, ties to the lower expert.
void sort_best(std::span<const double> noisy, std::size_t sorted,
               std::vector<std::uint32_t>& best) {
    std::iota(best.begin(), best.end(), 0U);
    std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(sorted), best.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                          return noisy[a] > noisy[b] || (noisy[a] == noisy[b] && a < b);
                      });
}

/// Chooses for token t, and counts.
void choose(std::size_t t, std::span<const double> values, std::span<const double> noisy,
            std::span<const std::uint32_t> best, const route_step_options& options,
            routed_batch& routed) {
    const std::size_t k = options.choices, sorted = std::min(k + 1, best.size());
    const double top = *std::max_element(values.begin(), values.end());
    double sum = 0;
    for (const double value : values) sum += std::exp(value - top);
    bool near = false;
    for (std::size_t j = 0; j < k; ++j) {
        const auto e = best[j];
        if (noisy[e] == -infinite) break;  // closed to this token
        routed.choices[t * k + j] = e;
        routed.probabilities[t * k + j] = static_cast<float>(std::exp(values[e] - top) / sum);
        ++routed.counts[e];
        near = near || (j + 1 < sorted && noisy[e] - noisy[best[j + 1]] <= options.tie_margin);
    }
    routed.near_ties += near;
}

}  // namespace

routed_batch route_step(const gated_batch& batch, const std::vector<double>& scores,
                        const route_step_options& options) {
    check(batch, scores, options);
    const std::size_t tokens = batch.tokens.size() / batch.width, k = options.choices;
    const auto rows = rounded(batch.tokens, batch.bf16), gate = rounded(batch.gate, batch.bf16);
    routed_batch routed;
    routed.choices.assign(tokens * k, no_expert);
    routed.probabilities.assign(tokens * k, 0);
    routed.counts.assign(batch.experts, 0);
    routed.scores = scores;

    std::vector<double> values(batch.experts), noise(batch.experts), noisy(batch.experts);
    std::vector<std::uint32_t> best(batch.experts);
    for (std::size_t t = 0; t < tokens; ++t) {
        if (!values_of(rows.data() + t * batch.width, gate, scores, batch.width, options.rule.beta,
                       values)) {
            ++routed.unrouted;
            continue;
        }
        if (options.noise != noise_law::none) {
            const auto token = static_cast<std::uint32_t>(t);
            draw_noise(
                options.noise, options.key, token,
                random_words(options.key.seed, random_stream::token, options.key.step, token),
                noise);
        }
        for (std::size_t e = 0; e < values.size(); ++e) noisy[e] = values[e] + noise[e];
        sort_best(noisy, std::min(k + 1, best.size()), best);
        choose(t, values, noisy, best, options, routed);
    }

    if (tokens > 0)
        follow<std::uint32_t>(options.rule, routed.counts, tokens, std::span(routed.scores));
    if (options.capacity > 0) dispatch(routed, batch.experts, options.capacity);
    return routed;
}

}  // namespace moebius
