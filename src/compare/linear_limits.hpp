// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <moebius/dynamics/noisy_chain.hpp>

/// How far the linear theory of noise is trusted when measured means are held against it.
namespace moebius {

inline constexpr double settled = 8;           ///< relaxation times: exp(-8) of a start is left
inline constexpr double linear_limit = 0.1;    ///< shift over sd of x: the next order is 1 % of it
inline constexpr double fewest_tokens = 1000;  ///< of the rarer expert: their number is normal

/// @param settle  time before a mean is taken, in units of 1/rate
[[nodiscard]] inline bool is_linear(const linear_noise& noise, double settle) {
    return noise.rate * settle >= settled &&
           std::abs(noise.shift) <= linear_limit * std::sqrt(noise.variance);
}

}  // namespace moebius
