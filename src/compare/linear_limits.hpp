// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <moebius/compare/loop_modes.hpp>
#include <moebius/compare/prediction.hpp>
#include <moebius/dynamics/noisy_chain.hpp>
#include <string>

/// How far the linear theory of noise is trusted when measured means are held against it.
namespace moebius {

inline constexpr double settled = 8;           ///< relaxation times: exp(-8) of a start is left
inline constexpr double linear_limit = 0.1;    ///< shift over sd of x: the next order is 1 % of it
inline constexpr double fewest_tokens = 1000;  ///< of the rarer expert: their number is normal

/// Why theory cannot say how the means of a loop scatter; empty if it can.
/// @param rate    of the slowest return to rest, in units of the decay
/// @param settle  time before a mean is taken, in units of 1/decay
/// @param bend    shift over sd of a score
[[nodiscard]] inline std::string excuse_of_noise(double rate, double settle, double bend,
                                                 std::size_t tokens) {
    if (rate * settle < settled)
        return fmt::format("settle must be {:.0f} or more", std::ceil(settled / rate));
    if (bend > linear_limit)
        return fmt::format(
            "batch must be {:.0f} or more",
            std::ceil(static_cast<double>(tokens) * std::pow(bend / linear_limit, 2)));
    return {};
}

/// The same for the loads of experts about a state.
[[nodiscard]] inline std::string excuse_of_modes(const loop_modes& noise, double decay,
                                                 const validate_options& options) {
    double slowest = std::numeric_limits<double>::infinity();
    for (const auto& mode : noise.modes) slowest = std::min(slowest, mode.rate);
    return excuse_of_noise(slowest / decay, options.settle, noise.bend, options.tokens);
}

/// @param settle  time before a mean is taken, in units of 1/rate
[[nodiscard]] inline bool is_linear(const linear_noise& noise, double settle) {
    return noise.rate * settle >= settled &&
           std::abs(noise.shift) <= linear_limit * std::sqrt(noise.variance);
}

}  // namespace moebius
