// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace moebius {

/// The largest two of a row of values v_e = beta (logit_e + score_e), in single precision.
struct best_of_row {
    float best, second;  ///< second: the lowest number where there is but one
    float share;         ///< of the best in the softmax of the row
    std::uint32_t at;    ///< which is the best; any of those that are equal
};

/// A row of logits takes a multiple of so many numbers, those beyond the last expert finite.
constexpr std::size_t logit_padding = 16;

/// The best of each row, in vectors. A row with NaN has no meaning.
/// @param logits  (rows, scores), row-major
/// @param scores  a multiple of logit_padding; minus infinity beyond the last expert
/// @param out     (rows)
void best_of_rows(const float* logits, float beta, std::span<const float> scores,
                  std::span<best_of_row> out);

}  // namespace moebius
