// SPDX-License-Identifier: MIT
#include "quick_step.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/router/best_rows.hpp>

namespace moebius {

/// What a thread needs for a block of tokens, and what came of its blocks.
struct quick_step::place {
    place(std::size_t experts, std::size_t rows)
        : logits(block_of_tokens * rows), of(experts), tally{std::vector<std::uint32_t>(experts)} {}

    std::vector<float> logits;
    std::array<float, block_of_tokens> squares{};
    std::array<best_of_row, block_of_tokens> best{};
    token_values of;
    step_tally tally;
};

quick_step::quick_step(const gated_batch& batch, const std::vector<double>& scores,
                       const route_step_options& options, unsigned threads)
    : batch_(batch),
      scores_(scores),
      options_(options),
      float_scores_(batch_.rows, -HUGE_VALF),
      roundings_(roundings(batch_)),
      team_(threads) {
    for (std::size_t e = 0; e < scores.size(); ++e) {
        float_scores_[e] = static_cast<float>(scores[e]);
        largest_score_ =
            std::max(largest_score_, std::isfinite(scores[e]) ? std::abs(scores[e]) : infinite);
    }
    if (batch_.bf16 && use_tiles()) pairs_.resize(batch_.rows * batch_.stride / 2);
}

routed_batch quick_step::run() {
    auto routed = empty_step(batch_.tokens, options_.choices);
    std::vector<place> places(team_.size(), place(batch_.experts, batch_.rows));
    if (!pairs_.empty())
        team_.run(batch_.rows / 16,
                  [&](unsigned, std::size_t i) { pair_up(batch_, 16 * i, pairs_.data()); });
    team_.run((batch_.tokens + block_of_tokens - 1) / block_of_tokens,
              [&](unsigned member, std::size_t i) {
                  route_block(i * block_of_tokens, routed, places[member]);
              });
    std::vector<step_tally> tallies;
    for (auto& at : places) tallies.push_back(std::move(at.tally));
    finish_step(tallies, scores_, batch_.tokens, options_, routed);
    return routed;
}

quick_step::errors quick_step::errors_of(float square) const {
    const auto d = static_cast<double>(batch_.width), r = static_cast<double>(roundings_);
    if (std::max(d, r) > 0x1p20) return {infinite, infinite};
    // the square itself is at most 7 in 100 off, and d 2^-126 where squares were flushed to zero
    const double token = std::sqrt(static_cast<double>(square) * 1.07 + d * 0x1p-125);
    const double product = token * batch_.longest, beta = options_.rule.beta;
    const double flushed = 0x1p-125 * d * (1 + token + batch_.longest);
    // score, sum, beta and product are rounded to float, and the oracle rounds, too
    const double size = beta * (product + largest_score_);
    if (!(size < 1e37)) return {infinite, infinite};  // of a float's range, 3e38
    return {beta * (1.1 * r * 0x1p-24 * product + flushed) + 0x1p-21 * size + 0x1p-120,
            beta * 1.1 * 2 * d * 0x1p-53 * product + 0x1p-49 * size};  // and as much of the oracle
}

void quick_step::route_block(std::size_t first, routed_batch& routed, place& at) const {
    if (pairs_.empty())
        multiply(batch_, first, at.logits.data(), at.squares.data());
    else
        multiply_tiles(batch_, pairs_.data(), first, at.logits.data(), at.squares.data());
    const std::size_t n = std::min(block_of_tokens, batch_.tokens - first);
    if (options_.choices == 1 && options_.noise == noise_law::none) {
        route_clear(first, n, routed, at);
        return;
    }
    for (std::size_t i = 0; i < n; ++i)
        route_each(first + i, at.logits.data() + i * batch_.rows, errors_of(at.squares[i]), routed,
                   at);
}

/// One choice, no noise: the best two say all.
void quick_step::route_clear(std::size_t first, std::size_t n, routed_batch& routed,
                             place& at) const {
    best_of_rows(at.logits.data(), static_cast<float>(options_.rule.beta), float_scores_,
                 std::span(at.best).first(n));
    for (std::size_t i = 0; i < n; ++i) {
        const auto& row = at.best[i];
        const auto error = errors_of(at.squares[i]);
        const double gap = static_cast<double>(row.best) - static_cast<double>(row.second);
        if (!is_clear(gap, error.in_float)) {
            route_each(first + i, at.logits.data() + i * batch_.rows, error, routed, at);
            continue;
        }
        routed.choices[first + i] = row.at;
        routed.probabilities[first + i] = row.share;
        ++at.tally.counts[row.at];
        at.tally.near_ties += gap <= options_.tie_margin;
    }
}

/// Any number of choices, with or without noise.
void quick_step::route_each(std::size_t t, const float* logits, const errors& error,
                            routed_batch& routed, place& at) const {
    auto& of = at.of;
    std::copy_n(logits, batch_.experts, of.values.begin());
    if (!(error.in_float < infinite) || !of.scale(scores_, options_.rule.beta)) {
        settle_all(t, routed, at);
        return;
    }
    of.add_noise(options_, static_cast<std::uint32_t>(t));
    sort_best(of, options_.choices);
    if (!is_clear(of, error.in_float)) {
        const auto last = of.best[std::min(options_.choices, batch_.experts - 1)];
        const double least = of.noisy[last] - 2 * error.in_float;
        for (std::size_t e = 0; e < batch_.experts; ++e)  // none below it is among the best
            if (!(of.noisy[e] >= least)) of.noisy[e] = -infinite;
        settle(of, [&](std::size_t e) { return sum_in_any_order(batch_, t, e); });
        if (!is_clear(of, error.in_double))
            settle(of, [&](std::size_t e) { return batch_.logit(t, e); });
    }
    choose(t, of, options_, routed, at.tally);
}

bool quick_step::is_clear(double gap, double error) const {
    return gap > 2 * error && std::abs(gap - options_.tie_margin) > 2 * error;
}

bool quick_step::is_clear(const token_values& of, double error) const {
    for (std::size_t j = 0; j < options_.choices && j + 1 < batch_.experts; ++j)
        if (!is_clear(of.noisy[of.best[j]] - of.noisy[of.best[j + 1]], error)) return false;
    return true;
}

/// Takes better logits of the experts that can be among the best.
template <typename Logit>
void quick_step::settle(token_values& of, Logit logit) const {
    for (std::size_t e = 0; e < batch_.experts; ++e) {
        if (of.noisy[e] == -infinite) continue;
        of.values[e] = options_.rule.beta * (logit(e) + scores_[e]);
        of.noisy[e] = of.values[e] + of.noise[e];
    }
    sort_best(of, options_.choices);
}

void quick_step::settle_all(std::size_t t, routed_batch& routed, place& at) const {
    auto& of = at.of;
    for (std::size_t e = 0; e < batch_.experts; ++e) of.values[e] = batch_.logit(t, e);
    if (!of.scale(scores_, options_.rule.beta)) {
        ++at.tally.unrouted;
        return;
    }
    of.add_noise(options_, static_cast<std::uint32_t>(t));
    sort_best(of, options_.choices);
    choose(t, of, options_, routed, at.tally);
}

}  // namespace moebius
