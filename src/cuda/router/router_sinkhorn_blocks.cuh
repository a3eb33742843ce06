// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include "router/router_sinkhorn.hpp"

// What the blocks of router_sinkhorn.cuh share, how they meet, and their arithmetic.
namespace moebius::gpu {

inline constexpr float log2_of_e = 1.44269504F;
inline constexpr double ln_2 = 0.693147180559945309;
inline constexpr double unit_of_sum = 0x1p32;  // of a column's sum
inline constexpr std::uint32_t rows_before_double = 16;

struct max_and_sum {
    float top, sum;  // LSE in base 2 = top + log2(sum)
};

/// What blocks share.
struct scaling_exchange {
    std::uint32_t arrived;  // blocks, counting on over all meetings
    unsigned long long routed;
    unsigned long long sums[3][most_sinkhorn_experts];
};

struct scaling_arguments {
    scaling_problem problem;
    scaling_result result;
    scaling_exchange* shared;
    max_and_sum* columns;  // (blocks, E)
    bool vectors;          // rows can be read 16 bytes at a time
};

__device__ inline float exp2_of(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

/// 1/x for x in [1, 2^20], correctly rounded but for 1 in 2^20 or so; NaN for NaN.
__device__ inline float reciprocal(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return fmaf(y, fmaf(-x, y, 1.0F), y);
}

__device__ inline void add(max_and_sum& to, float top, float sum) {
    if (!(top > -INFINITY)) return;
    const float factor = exp2_of(-fabsf(top - to.top));
    to.sum = top > to.top ? to.sum * factor + sum : to.sum + sum * factor;
    to.top = fmaxf(top, to.top);
}

/// All blocks of the grid, which are all resident.
__device__ inline void meet(scaling_exchange* with, std::uint32_t meeting) {
    __syncthreads();
    if (threadIdx.x == 0) {
        asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(&with->arrived) : "memory");
        std::uint32_t arrived;
        do {
            asm volatile("ld.acquire.gpu.global.u32 %0, [%1];"
                         : "=r"(arrived)
                         : "l"(&with->arrived)
                         : "memory");
        } while (arrived < meeting * gridDim.x);
    }
    __syncthreads();
}

}  // namespace moebius::gpu
