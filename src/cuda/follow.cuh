// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "loop/loops.hpp"

namespace moebius::gpu {

/// The rule of one step: that of the run, its schedules applied.
struct step_rule {
    double feedback, bias;  ///< bias: h of two experts, if there is a schedule of it
};

__device__ inline step_rule rule_at(const loops& work, std::uint32_t run, std::uint32_t step) {
    const std::uint64_t place = static_cast<std::uint64_t>(run) * work.steps + step;
    return {work.feedback != nullptr ? work.feedback[place] : work.values[run].feedback,
            work.bias != nullptr ? work.bias[place] : 0};
}

/// count / tokens, correctly rounded, from the correctly rounded 1 / tokens.
/// @source P. W. Markstein, IBM J. Res. Dev. 34 (1990) 111-119
__device__ inline double share_of(double count, double tokens, double inverse) {
    const double quotient = __dmul_rn(count, inverse);
    return __fma_rn(__fma_rn(-quotient, tokens, count), inverse, quotient);
}

/// `follow` of simulate/closed_loop.hpp for one expert: each operation rounds by itself.
__device__ inline double follow(double score, double load, double feedback, double decay,
                                double step, double bias) {
    const double drift =
        __dadd_rn(__dsub_rn(__dmul_rn(feedback, load), __dmul_rn(decay, score)), bias);
    return __dadd_rn(score, __dmul_rn(step, drift));
}

/// first_share of router/noise.hpp.
__device__ inline double first_share(noise law, double z) {
    if (law == noise::softmax) return __ddiv_rn(1, __dadd_rn(1, exp(-z)));
    if (law == noise::gaussian) return erfc(-z / 2) / 2;
    return z >= 0 ? 1 : 0;
}

}  // namespace moebius::gpu
