// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/top1.hpp>

#include "rows.hpp"
#include "vector_choice.hpp"

namespace moebius {
namespace {

/// Two experts: only the difference of their noise matters, which word 0 of a token's block gives
/// by inversion, -first_share^-1(u), so that the first wins if u < first_share(z).
std::uint32_t choice_of_two(const top1& router, std::span<const double> row,
                            std::span<const double> scores, const random_block& words) {
    const double z = router.beta * (row[0] - row[1] + (scores[0] - scores[1]));
    if (!std::isfinite(z) && !routable(row)) return no_expert;
    return uniform(words[0]) < first_share(router.noise, z) ? 0 : 1;
}

/// The winner among many, noise drawn; no_expert for a token that goes nowhere.
/// @param noise  (E), scratch; all 0 without noise
std::uint32_t choice_of_many(const top1& router, std::span<const double> row,
                             std::span<const double> scores, batch_key key, std::uint32_t token,
                             const random_block& words, std::span<double> noise) {
    std::uint32_t choice = no_expert;
    if (!routable(row)) return choice;
    if (router.noise != noise_law::none) draw_noise(router.noise, key, token, words, noise);
    double best = -infinite;
    for (std::size_t e = 0; e < scores.size(); ++e) {
        const double value = router.beta * (row[e] + scores[e]) + noise[e];
        if (value > best) {
            best = value;
            choice = static_cast<std::uint32_t>(e);
        }
    }
    return choice;
}

/// Adds one token's softmax shares and their derivative with respect to the scaled scores.
void add_softmax(std::span<const double> logits, std::span<const double> scores, double beta,
                 std::vector<double>& share, expected_loads& sum) {
    const std::size_t experts = scores.size();
    double top = -infinite, total = 0;
    for (std::size_t e = 0; e < experts; ++e) {
        share[e] = beta * (logits[e] + scores[e]);
        top = std::max(top, share[e]);  // exp cannot overflow
    }
    for (double& p : share) total += p = std::exp(p - top);
    for (double& p : share) p /= total;
    for (std::size_t e = 0; e < experts; ++e) {
        sum.load[e] += share[e];
        for (std::size_t f = 0; f < experts; ++f)
            sum.jacobian[e * experts + f] += share[e] * ((e == f ? 1.0 : 0.0) - share[f]);
    }
}

/// The same for two experts and any noise with a smooth gap.
void add_gap(noise_law noise, double z, expected_loads& sum) {
    const auto gap = gap_derivatives(noise, z);
    const double slope = gap[1] / 2;
    sum.load[0] += (1 + gap[0]) / 2;
    sum.load[1] += (1 - gap[0]) / 2;
    for (const std::size_t i : {0U, 3U}) sum.jacobian[i] += slope;
    for (const std::size_t i : {1U, 2U}) sum.jacobian[i] -= slope;
}

void check_batch(std::span<const double> logits, std::span<const double> scores) {
    if (logits.size() % scores.size() != 0)
        throw invalid_argument(
            "top1", fmt::format("{} logits came for {} experts", logits.size(), scores.size()),
            "each token needs one logit for each expert");
    for (const double s : scores)
        if (!std::isfinite(s))
            throw invalid_argument("top1", fmt::format("a score is {}", s), "it must be finite");
}

}  // namespace

void draw_noise(noise_law law, batch_key key, std::uint32_t token, const random_block& words,
                std::span<double> out) {
    random_block drawn = words;
    for (std::size_t e = 0; e < out.size(); e += 2) {
        const std::size_t word = e < 2 ? 0 : (e - 2) % 4;
        if (e >= 2 && word == 0)
            drawn = random_words(key.seed,
                                 block(random_stream::noise, static_cast<std::uint32_t>(e - 2) / 4),
                                 key.step, token);
        const double u = uniform(drawn[word]), v = uniform(drawn[word + 1]);
        const auto pair =
            law == noise_law::gaussian ? normal_pair(u, v) : std::pair(gumbel(u), gumbel(v));
        out[e] = pair.first;
        if (e + 1 < out.size()) out[e + 1] = pair.second;
    }
}

void top1::check(std::size_t experts) const {
    if (experts == 0) throw invalid_argument("top1", "no experts came", "at least one is needed");
    require("top1").positive_and_finite("beta", beta);
    if (noise == noise_law::logistic && experts != 2)
        throw invalid_argument("top1", fmt::format("logistic noise came with {} experts", experts),
                               "it is for two: gumbel noise is the same law for any number");
}

void top1::choose(std::span<const double> logits, std::span<const double> scores, batch_key key,
                  std::uint32_t first, std::span<const random_block> words,
                  std::span<std::uint32_t> choices) const {
    const std::size_t experts = scores.size();
    const bool of_words = experts == 2 || noise == noise_law::none;
    std::vector<random_block> own(of_words && words.empty() ? choices.size() : 0);
    if (!own.empty()) {
        random_words(key.seed, random_stream::token, key.step, first, own);
        words = own;
    }
    if (noise == noise_law::none || (experts == 2 && noise == noise_law::gaussian)) {
        choose_plainly(logits, scores, key, first, words, choices);
        return;
    }
    const std::size_t clear = experts == 2
                                  ? toss_clear(*this, logits, scores, words, choices)
                                  : choose_clear(*this, logits, scores, key, first, words, choices);
    if (clear == choices.size()) return;
    for (std::size_t t = 0; t < choices.size(); ++t) {
        if (choices[t] != no_expert) continue;
        const auto row = logits.empty() ? logits : logits.subspan(t * experts, experts);
        const auto token = first + static_cast<std::uint32_t>(t);
        const auto word = words.empty()
                              ? random_words(key.seed, random_stream::token, key.step, token)
                              : words[t];
        choose_plainly(row, scores, key, token, {&word, 1}, choices.subspan(t, 1));
    }
}

void top1::choose_plainly(std::span<const double> logits, std::span<const double> scores,
                          batch_key key, std::uint32_t first, std::span<const random_block> words,
                          std::span<std::uint32_t> choices) const {
    const std::size_t experts = scores.size();
    const std::vector<double> zeros(logits.empty() ? experts : 0);
    std::vector<double> drawn(experts == 2 ? 0 : experts);
    for (std::size_t t = 0; t < choices.size(); ++t) {
        const auto row =
            logits.empty() ? std::span<const double>(zeros) : logits.subspan(t * experts, experts);
        choices[t] = experts == 2
                         ? choice_of_two(*this, row, scores, words[t])
                         : choice_of_many(*this, row, scores, key,
                                          first + static_cast<std::uint32_t>(t), words[t], drawn);
    }
}

routing top1::route(std::span<const double> logits, std::span<const double> scores,
                    batch_key key) const {
    check(scores.size());
    check_batch(logits, scores);
    const std::size_t tokens = logits.size() / scores.size();
    std::vector<random_block> words(tokens);
    random_words(key.seed, random_stream::token, key.step, 0, words);

    routing result{std::vector<std::uint32_t>(tokens), std::vector<std::uint64_t>(scores.size())};
    choose(logits, scores, key, 0, words, result.choices);

    for (const auto choice : result.choices)
        ++(choice == no_expert ? result.unrouted : result.counts[choice]);
    return result;
}

expected_loads top1::mean_load(std::span<const double> logits,
                               std::span<const double> scores) const {
    const std::size_t experts = scores.size();
    check(experts);
    check_batch(logits, scores);
    if (logits.empty())
        throw invalid_argument("top1", "no tokens came", "a mean needs at least one");
    if (experts > 2 && noise != noise_law::gumbel)
        throw invalid_argument(
            "top1",
            fmt::format("the mean load with {} noise and {} experts was asked for",
                        to_string(noise), experts),
            "its closed form needs gumbel noise, or two experts with logistic or gaussian noise");

    expected_loads sum{std::vector<double>(experts), std::vector<double>(experts * experts)};
    std::vector<double> share(experts);
    for (std::size_t t = 0; t < logits.size(); t += experts) {
        const auto row = logits.subspan(t, experts);
        if (!routable(row)) continue;
        if (experts == 2 && noise != noise_law::gumbel)
            add_gap(noise, beta * (row[0] - row[1] + scores[0] - scores[1]), sum);
        else
            add_softmax(row, scores, beta, share, sum);
    }
    const std::size_t count = logits.size() / experts;
    const auto tokens = static_cast<double>(count);
    for (double& p : sum.load) p /= tokens;
    for (double& slope : sum.jacobian) slope *= beta / tokens;
    return sum;
}

}  // namespace moebius
