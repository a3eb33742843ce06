// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/tokens/token_source.hpp>
#include <span>

namespace moebius {

/// Logits of normal tokens in vectors, one token a lane: the bits of the plain code, as each
/// token's operations are the same in the same order. False, and nothing done, where the processor
/// has no fused multiply-add, without which its normals would be others.
///
/// @param gate  (E, width) of bfloat16
/// @param out   (tokens, E), row-major
[[nodiscard]] bool normal_logits(batch_key key, std::uint32_t first, std::span<const float> gate,
                                 std::size_t width, std::size_t experts, std::span<double> out);

}  // namespace moebius
