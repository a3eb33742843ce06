// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <moebius/router/margin_law.hpp>
#include <moebius/router/top1.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Weights that make logits of features, logit_e = features . weights_e.
struct linear_gate {
    std::size_t width = 0;           ///< d; 0: there is none
    std::span<const float> weights;  ///< (E, d), row-major, each a bfloat16
};

/// Where a simulated router's tokens come from: each batch is drawn anew, independently.
///
/// Immutable, so that threads share one. A token depends on (seed, step, token) alone.
class token_source {
public:
    virtual ~token_source() = default;

    [[nodiscard]] virtual std::size_t experts() const noexcept = 0;

    /// False if all logits of all tokens are 0.
    [[nodiscard]] virtual bool draws_tokens() const noexcept { return true; }

    /// What a device needs to draw the same tokens; all empty for a source of its own kind, which
    /// only the CPU can run. Shapes: stored (tokens, experts), row-major; mixture (nodes).
    [[nodiscard]] virtual std::span<const double> stored() const noexcept { return {}; }
    [[nodiscard]] virtual std::span<const margin_node> mixture() const noexcept { return {}; }
    [[nodiscard]] virtual linear_gate fresh() const noexcept { return {}; }

    /// Logits of tokens first, first + 1, ... of the batch.
    ///
    /// @param words  random_words of stream `token` for them; words 2 and 3 are this function's
    /// @param out    (words, experts), row-major
    virtual void fill(batch_key key, std::uint32_t first, std::span<const random_block> words,
                      std::span<double> out) const = 0;

    /// Logits of one token of a batch. Shape: out (experts).
    void logits(std::uint64_t seed, std::uint64_t step, std::uint32_t token,
                std::span<double> out) const;

    /// The law of the margins l1 - l2 that the tokens follow: what the theory is given.
    /// @throws invalid_argument  unless there are two experts and every margin is finite
    [[nodiscard]] virtual margin_law law(noise_law noise) const = 0;
};

/// All logits are 0: only scores and noise route. As a law, one margin at 0.
/// @throws invalid_argument  for no experts
[[nodiscard]] std::shared_ptr<const token_source> no_tokens(std::size_t experts);

/// Tokens drawn uniformly, with replacement, from a fixed set.
///
/// @param logits  (tokens, experts), row-major; a token with a NaN is drawn, too, but never routed
/// @throws invalid_argument  for no tokens, no experts, or sizes that do not fit
[[nodiscard]] std::shared_ptr<const token_source> stored_tokens(std::vector<double> logits,
                                                                std::size_t experts);

/// Two experts whose margins are drawn from a mixture of Gaussians; logits (a/2, -a/2).
///
/// As a law for gumbel or logistic noise, a wide node is replaced by 513 point nodes over +-8
/// widths (trapezoidal rule): exact to rounding for beta width < 17, relative error about
/// exp(-632 / (beta width)) beyond.
/// @throws invalid_argument  for no nodes, a center that is not finite, a width < 0, a weight
///                           <= 0, or weights that do not sum to 1 within 1e-9
[[nodiscard]] std::shared_ptr<const token_source> mixture_tokens(std::vector<margin_node> nodes);

/// Tokens of d standard normal features each, rounded to bfloat16, and a linear gate.
///
/// As a law of two experts, one Gaussian of width |w_1 - w_2|.
/// @param gate  (experts, d), row-major; rounded to bfloat16
/// @throws invalid_argument  for a size that does not fit or a weight that is not finite
/// @source include/moebius/base/coarse_normal.hpp
[[nodiscard]] std::shared_ptr<const token_source> normal_tokens(std::vector<float> gate,
                                                                std::size_t experts);

/// A gate for them whose weights are Gaussian, of length 1 for each expert. Shape: (experts, d).
[[nodiscard]] std::vector<float> random_gate(std::size_t experts, std::size_t width,
                                             std::uint64_t seed);

}  // namespace moebius