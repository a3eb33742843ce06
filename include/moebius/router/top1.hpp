// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <moebius/base/random.hpp>
#include <moebius/router/noise.hpp>
#include <moebius/router/router.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Where a batch of T tokens went.
struct routing {
    std::vector<std::uint32_t> choices;  ///< (T): an expert, or no_expert
    std::vector<std::uint64_t> counts;   ///< (E): tokens of each expert
    std::uint64_t unrouted = 0;          ///< tokens of no expert; with counts they sum to T
};

/// The mean of routing, and how it follows the scores.
struct expected_loads {
    std::vector<double> load;      ///< (E): expected share of the T tokens
    std::vector<double> jacobian;  ///< (E, E), row-major: d load / d score
};

/// Noise of each expert for one token: words 0 and 1 of its block, then those of stream `noise`.
/// @param law    gumbel or gaussian
/// @param words  random_words of stream `token` for it
/// @param out    (E)
void draw_noise(noise_law law, batch_key key, std::uint32_t token, const random_block& words,
                std::span<double> out);

/// The hard top-1 router: token t goes to the expert with the largest
/// beta (logit_te + score_e) + noise_te; the lowest expert wins ties.
///
/// Of two experts only the difference of their noise is drawn, by inversion from one word.
///
/// It has two faces: `route` draws the noise, `mean_load` averages over it. Logits are finite, or
/// minus infinity for an expert that a token may not choose. A token with a logit that is NaN or
/// plus infinity, or with no finite one, goes nowhere and is counted as unrouted.
struct top1 {
    double beta = 1;                      ///< inverse temperature, > 0
    noise_law noise = noise_law::gumbel;  ///< logistic for two experts only

    /// @param logits  (T, E), row-major; T may be 0
    /// @param scores  (E), finite
    /// @throws invalid_argument  if a size, a score, beta or the noise does not fit
    [[nodiscard]] routing route(std::span<const double> logits, std::span<const double> scores,
                                batch_key key) const;

    /// Exact for gumbel noise (softmax) with any number of experts and for logistic or gaussian
    /// noise with two: the mean over tokens, to which an unrouted token adds nothing.
    ///
    /// @param logits  (T, E), row-major; T >= 1
    /// @param scores  (E), finite
    /// @throws invalid_argument  as route, and for noise that has no such response
    /// @source docs/theory.md section 4: jacobian = beta mean_t(diag p_t - p_t p_t')
    [[nodiscard]] expected_loads mean_load(std::span<const double> logits,
                                           std::span<const double> scores) const;

    /// The inner loop of `route`, for callers that make tokens piece by piece: checks nothing.
    ///
    /// Gumbel and gaussian noise of more than two experts is drawn in single precision vectors; a
    /// token whose best two are too close for that is settled by choose_plainly, so that the
    /// choices are the same on every processor.
    ///
    /// @param logits  (T, E), row-major; empty: all 0
    /// @param first   number of the first of these tokens in the batch
    /// @param words   (T): random_words of stream `token` for them; empty: drawn here
    /// @param choices (T): overwritten
    void choose(std::span<const double> logits, std::span<const double> scores, batch_key key,
                std::uint32_t first, std::span<const random_block> words,
                std::span<std::uint32_t> choices) const;

    /// The same in plain double arithmetic, one token after the other: its oracle.
    void choose_plainly(std::span<const double> logits, std::span<const double> scores,
                        batch_key key, std::uint32_t first, std::span<const random_block> words,
                        std::span<std::uint32_t> choices) const;

    /// @throws invalid_argument  if this router cannot serve that many experts
    void check(std::size_t experts) const;
};

}  // namespace moebius
