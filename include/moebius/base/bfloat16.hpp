// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace moebius {

/// The nearest bfloat16, ties to even, as its 16 bits.
[[nodiscard]] inline std::uint16_t to_bf16(float value) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (std::isnan(value)) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
    return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

[[nodiscard]] inline float from_bf16(std::uint16_t bits) noexcept {
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

/// Between numbers of 8 significant bits about x, finite and not 0.
[[nodiscard]] inline double bfloat16_spacing(double x) {
    return std::ldexp(1.0, std::ilogb(x) - 7);
}

/// Whether a load is one of these, as all whole numbers up to 256 are.
[[nodiscard]] inline bool is_bfloat16(double load) {
    return load == 0 || std::fmod(load, bfloat16_spacing(load)) == 0;
}

}  // namespace moebius
