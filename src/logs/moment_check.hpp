// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace moebius {

/// Why these numbers are no sums over tokens of p pᵀ, p a token's probabilities; empty if they may
/// be. Such sums are >= 0 and symmetric but for rounding, and of two experts or more that have any
/// the products of different ones are not all 0: else p are choices.
/// @param moments  (experts, experts)
[[nodiscard]] std::string no_moments(std::span<const double> moments, std::size_t experts);

}  // namespace moebius
