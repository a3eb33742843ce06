// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/simulate/route_step.hpp>
#include <vector>

namespace moebius {

/// The tokens and the gate of a batch as processors read them: rows of whole vectors, rows of whole
/// blocks, zeros in what is beyond. Both lie in one of two types.
struct packed_batch {
    explicit packed_batch(const gated_batch& batch);

    /// The logit of the oracle: products summed one after the other in double.
    [[nodiscard]] double logit(std::size_t token, std::size_t expert) const;
    [[nodiscard]] double feature(std::size_t token, std::size_t i) const;
    [[nodiscard]] double weight(std::size_t expert, std::size_t i) const;

    std::size_t experts, width, tokens;
    std::size_t stride;  ///< of a row, a multiple of 32
    std::size_t rows;    ///< of the gate, a multiple of logit_padding
    double longest;      ///< of the gate's rows; not finite if a weight is not
    bool bf16;
    std::vector<float> floats, gate;                 ///< (T + some, stride) and (rows, stride)
    std::vector<std::uint16_t> halves, gate_halves;  ///< the same as bfloat16
};

/// Tokens that are multiplied together; their logits stay in the first caches.
constexpr std::size_t block_of_tokens = 32;

/// Logits in single precision, and the squared length of each token.
///
/// Sums are taken in an order of their own. Each is within 1.1 (d + 2) 2^-24 |token| |gate row| of
/// the exact one for d <= 2^20, plus 2^-125 d (1 + |token| + |gate row|) for what is flushed to
/// zero.
///
/// @param first    token, a multiple of block_of_tokens
/// @param logits   (block_of_tokens, rows)
/// @param squares  (block_of_tokens)
void multiply(const packed_batch& batch, std::size_t first, float* logits, float* squares);

/// One logit in double, within 1.1 d 2^-53 |token| |gate row| of the exact one: some tens of times
/// faster than packed_batch::logit, which adds one product after the other.
[[nodiscard]] double sum_in_any_order(const packed_batch& batch, std::size_t token,
                                      std::size_t expert);

/// Whether the processor multiplies tiles of bfloat16 (AMX), and the system lets this process.
[[nodiscard]] bool have_tiles();

/// The same, and Highway's vectors are not those of an older processor.
[[nodiscard]] bool use_tiles();

/// The most roundings that a product goes through on its way into a logit. In a tile, 16 of one
/// half of the pairs, then their sum, then one for each tile of features.
/// @source Intel's Software Developer's Manual, TDPBF16PS; Higham, Accuracy and Stability of
/// Numerical
///         Algorithms (2002), section 3.1
[[nodiscard]] std::size_t roundings(const packed_batch& batch);

/// The pairs of features of 16 experts side by side, as tiles want them: (stride / 2, 16) from
/// (16, stride).
/// @param experts  the first; a multiple of 16
/// @param pairs    (rows / 16, stride / 2, 16): that part is overwritten
void pair_up(const packed_batch& batch, std::size_t experts, std::uint32_t* pairs);

/// As multiply, in tiles. Only where have_tiles, for a batch of bfloat16.
void multiply_tiles(const packed_batch& batch, const std::uint32_t* pairs, std::size_t first,
                    float* logits, float* squares);

}  // namespace moebius
