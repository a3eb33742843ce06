// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace moebius::gpu {

/// Where the warps of a block that count tokens and the one that follows the scores, `threads`
/// threads in all, meet twice a step: once scores are published, and once tokens are counted.
///
/// Both sides wait, each in code of its own, so the barrier must not be an aligned one (bar.sync):
/// all threads would have to execute the same instruction. The aligned one took 0.82 us a step in
/// place of 0.88, but is undefined there, and compute-sanitizer's synccheck says so.
template <int threads>
struct meeting {
    static __device__ void at_scores() { meet<1>(); }
    static __device__ void at_counts() { meet<2>(); }

private:
    template <int barrier>
    static __device__ void meet() {
        asm volatile("barrier.sync %0, %1;" ::"n"(barrier), "n"(threads) : "memory");
    }
};

/// One warp of each block: waits until `expected` blocks have come since the launch; what they
/// wrote before is seen after.
__device__ inline void arrive_on_grid(std::uint64_t* arrivals, std::uint64_t expected) {
    __syncwarp();
    if (threadIdx.x % 32 == 0) {
        asm volatile("red.release.gpu.global.add.u64 [%0], 1;" ::"l"(arrivals) : "memory");
        std::uint64_t seen = 0;
        while (seen < expected)
            asm volatile("ld.acquire.gpu.global.u64 %0, [%1];"
                         : "=l"(seen)
                         : "l"(arrivals)
                         : "memory");
    }
    __syncwarp();
}

}  // namespace moebius::gpu
