// SPDX-License-Identifier: MIT
#pragma once

#include <cooperative_groups.h>

#include <cstdint>

namespace moebius::gpu::cluster {

// The blocks that share distributed shared memory (compute capability 9.0). Older devices know
// none; there a block is a cluster of its own.

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900

__device__ inline std::uint32_t blocks() { return 1; }
__device__ inline std::uint32_t rank() { return 0; }
__device__ inline void sync() { __syncthreads(); }
template <typename T>
__device__ T* shared_of(T* mine, std::uint32_t) {
    return mine;
}

#else

__device__ inline std::uint32_t blocks() { return cooperative_groups::this_cluster().num_blocks(); }
__device__ inline std::uint32_t rank() { return cooperative_groups::this_cluster().block_rank(); }
__device__ inline void sync() { cooperative_groups::this_cluster().sync(); }
/// The same place of another block's shared memory.
template <typename T>
__device__ T* shared_of(T* mine, std::uint32_t block) {
    return cooperative_groups::this_cluster().map_shared_rank(mine, block);
}

#endif

}  // namespace moebius::gpu::cluster
