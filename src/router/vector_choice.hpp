// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <moebius/router/top1.hpp>

namespace moebius {

constexpr std::size_t tokens_at_once =
    256;                                 ///< tokens: what is kept of them stays in the first cache
constexpr std::size_t spare_lanes = 64;  ///< of the longest vectors, beyond the last token

/// The costs of the two cheapest experts of some tokens, and the cheapest.
struct best_two {
    std::array<float, tokens_at_once + spare_lanes> best, second;
    std::array<std::uint32_t, tokens_at_once + spare_lanes> expert;
};

/// Choices of top1 with gumbel or gaussian noise on each expert, in single precision vectors; a
/// token whose best two are too close for that is left at no_expert, for the plain code to settle.
///
/// What is chosen is what the plain code chooses. A token that goes nowhere is left, too.
///
/// @param logits   (T, E), or empty: all 0
/// @param words    (T), or empty: drawn
/// @param choices  (T): overwritten
/// @return  how many were chosen
std::size_t choose_clear(const top1& router, std::span<const double> logits,
                         std::span<const double> scores, batch_key key, std::uint32_t first,
                         std::span<const random_block> words, std::span<std::uint32_t> choices);

/// The same of two experts with gumbel or logistic noise.
/// @param logits   (T, 2), or empty: all 0
/// @param words    (T)
std::size_t toss_clear(const top1& router, std::span<const double> logits,
                       std::span<const double> scores, std::span<const random_block> words,
                       std::span<std::uint32_t> choices);

}  // namespace moebius
