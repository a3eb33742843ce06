// SPDX-License-Identifier: MIT
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstdint>

#include "route/route_step.hpp"

// What route_step.cu and the kernels behind it share.
namespace moebius::gpu {

/// Everything a kernel needs to know of a step, by value.
struct route_arguments {
    route_batch batch;
    route_rule rule;
    route_feedback feedback;
    route_result result;

    // Workspace. The first E + 3 sums are zero between steps: blocks done << 48 | count.
    unsigned long long* sums;        // (E + 3): counts, unrouted, near ties, rechecked
    std::uint32_t* block_counts;     // (blocks, E) choices of each block, or null
    const std::uint16_t* half_gate;  // (E, round_up(d, 16)) half precision, columns permuted
    const float* gate_scale;         // (3, 256): what undoes the scaling; |w|; |w - half w|
    std::uint32_t* unsettled;        // (T) tokens to be settled in float64, a list a block
    std::uint64_t* candidates;       // (T, 4) their experts that may win, a bit each

    std::uint32_t tile_rows;               // tokens of a tile
    std::uint32_t cluster;                 // blocks of a cluster
    std::uint32_t blocks;                  // of the whole grid, a multiple of cluster
    std::uint32_t units_each, units_over;  // tiles / cluster by clusters: quotient, remainder
    std::uint32_t stages;                  // tensor path: depth of the ring of tiles in flight
    std::uint32_t resident;                // tensor path: the whole gate stays in shared memory
    std::uint32_t teams;                   // tensor path: teams of warpgroups that take turns
    std::uint32_t once;                    // tensor path: tokens leave the L2 cache first
};

/// Tiles [first, first + count) of one block: contiguous, in block order, and as many for each
/// block of a cluster (the last may lie beyond the batch).
struct tile_range {
    std::uint32_t first, count;
};

__host__ __device__ inline tile_range tiles_of(const route_arguments& a, std::uint32_t block) {
    const std::uint32_t c = block / a.cluster, more = a.units_over;  // cluster is 1 or 2
    const std::uint32_t begin = c * a.units_each + (c < more ? c : more);
    const std::uint32_t count = a.units_each + (c < more ? 1 : 0);
    return {begin * a.cluster + block % a.cluster * count, count};
}

inline constexpr std::uint32_t tensor_tile_rows = 128;
inline constexpr std::uint32_t tensor_most_experts = 256;
inline constexpr std::uint32_t plain_tile_rows = 64;

/// Smallest tile width that holds E experts.
[[nodiscard]] inline std::uint32_t tile_width(std::uint32_t experts) {
    std::uint32_t n = 8;
    while (n < experts) n *= 2;
    return n;
}

/// Whether the tile kernels were compiled for sm_90a and the current device runs them. The first
/// call on a device copies a flag from it and so must not fall into a graph's capture.
[[nodiscard]] bool tensor_kernels_present();

using tensor_launch = cudaError_t(const route_arguments& a, const CUtensorMap& tokens,
                                  const CUtensorMap& gate, cudaStream_t stream);
tensor_launch launch_tensor_bf16, launch_tensor_fp32;                  // k = 1, no noise
tensor_launch launch_tensor_bf16_general, launch_tensor_fp32_general;  // anything else

/// The gate in half precision with the columns of each 16 in the order of the tile kernel, each
/// row scaled by a power of two, and the norms of rows and of what the rounding lost.
cudaError_t launch_prepare_gate(const route_batch& batch, std::uint16_t* half_gate,
                                float* gate_scale, cudaStream_t stream);

cudaError_t launch_plain(const route_arguments& a, cudaStream_t stream);
cudaError_t launch_dispatch(const route_arguments& a, const route_dispatch& d, cudaStream_t stream);

}  // namespace moebius::gpu
