// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "controller.hpp"

namespace moebius::gpu {

__device__ inline int sign_of(double x) {
    return static_cast<int>(x > 0) - static_cast<int>(x < 0);
}

/// On which side of an even share a load is.
__device__ inline int side_of(double load, std::uint32_t experts) {
    return sign_of(__dsub_rn(load, __ddiv_rn(1, experts)));
}

/// `control` of simulate/load_controller.hpp for one expert: each operation rounds by itself.
/// @param by     the controller
/// @param step   time per batch
/// @param b      the controller's score
/// @param sides  sum of side_of over all experts; of the centred law alone
__device__ inline double control(const controller& by, double step, double b, double load,
                                 std::uint32_t experts, int sides) {
    if (by.law == gpu::law::integral) {
        const double away = __dsub_rn(load, __ddiv_rn(1, experts));
        const double pull = __dadd_rn(__dmul_rn(by.gain, away), __dmul_rn(by.leak, b));
        return __dsub_rn(b, __dmul_rn(step, pull));
    }
    if (by.law == gpu::law::none) return b;
    const double centre =
        by.law == gpu::law::centred_sign ? __ddiv_rn(sides, static_cast<double>(experts)) : 0;
    return __dsub_rn(b, __dmul_rn(by.gain, __dsub_rn(side_of(load, experts), centre)));
}

}  // namespace moebius::gpu
