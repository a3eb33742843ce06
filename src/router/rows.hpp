// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace moebius {

/// Not NaN, not plus infinity, and at least one finite: a row of logits that can be routed.
[[nodiscard]] bool routable(std::span<const double> logits) noexcept;

/// log sum exp, without overflow; minus infinity if nothing is finite.
[[nodiscard]] double log_sum_exp(std::span<const double> values) noexcept;

/// The softmax of a routable row. `out` may be `row`.
void softmax(std::span<const double> row, std::span<double> out) noexcept;

/// Chains through a softmax p: by_row_e += p_e (by_p_e - sum_f p_f by_p_f).
void add_softmax_backward(std::span<const double> p, std::span<const double> by_p,
                          std::span<double> by_row) noexcept;

/// Marks the k largest values with 1, the lowest positions on ties, and the others with 0. Only
/// positions whose logit is finite take part, so that fewer than k may be marked.
void mark_largest(std::span<const double> values, std::span<const double> logits, std::size_t k,
                  std::span<std::uint8_t> marks);

/// Whether all are exactly 0: rows that stand for experts without tokens.
[[nodiscard]] bool all_zero(std::span<const double> values) noexcept;

/// Row t of a row-major (T, width) array.
template <typename T>
[[nodiscard]] std::span<T> row_of(std::span<T> values, std::size_t t, std::size_t width) {
    return values.subspan(t * width, width);
}
template <typename T>
[[nodiscard]] std::span<T> row_of(std::vector<T>& values, std::size_t t, std::size_t width) {
    return std::span<T>(values).subspan(t * width, width);
}
template <typename T>
[[nodiscard]] std::span<const T> row_of(const std::vector<T>& values, std::size_t t,
                                        std::size_t width) {
    return std::span<const T>(values).subspan(t * width, width);
}

}  // namespace moebius
