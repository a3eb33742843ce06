// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace moebius {

/// Between numbers of 8 significant bits about x, finite and not 0.
[[nodiscard]] inline double bfloat16_spacing(double x) {
    return std::ldexp(1.0, std::ilogb(x) - 7);
}

/// Whether a load is one of these, as all whole numbers up to 256 are.
[[nodiscard]] inline bool is_bfloat16(double load) {
    return load == 0 || std::fmod(load, bfloat16_spacing(load)) == 0;
}

}  // namespace moebius
