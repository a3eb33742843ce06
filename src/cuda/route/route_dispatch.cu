// SPDX-License-Identifier: MIT
#include "route/route_kernels.hpp"

// From choices to places in a buffer sorted by expert. The routing kernel left each block's counts
// and blocks hold contiguous tokens, so one pass over the choices suffices.
//
// bytes  8 T k read and written + blocks E a block: a few microseconds
namespace moebius::gpu {
namespace {

constexpr std::uint32_t most_warps = 8;
constexpr std::uint32_t shared_words = 56 * 1024;  // of 227 KB

/// Sums of one expert's counts: of the blocks before this one, and of all. By a warp.
__device__ void sum_blocks(const route_arguments& a, std::uint32_t e, std::uint32_t& before,
                           std::uint32_t& all) {
    before = all = 0;
    for (std::uint32_t b = threadIdx.x % 32; b < a.blocks; b += 32) {
        const std::uint32_t n = a.block_counts[static_cast<std::size_t>(b) * a.batch.experts + e];
        all += n;
        if (b < blockIdx.x) before += n;
    }
    before = __reduce_add_sync(~0U, before);
    all = __reduce_add_sync(~0U, all);
}

/// In place: kept_e -> where expert e begins. By one warp; returns the sum.
__device__ std::uint32_t scan_offsets(std::uint32_t* offset, std::uint32_t experts) {
    const std::uint32_t lane = threadIdx.x % 32;
    std::uint32_t sum = 0;
    for (std::uint32_t from = 0; from < experts; from += 32) {
        const std::uint32_t n = from + lane < experts ? offset[from + lane] : 0;
        std::uint32_t upto = n;
        for (std::uint32_t s = 1; s < 32; s *= 2) {
            const std::uint32_t other = __shfl_up_sync(~0U, upto, s);
            if (lane >= s) upto += other;
        }
        if (from + lane < experts) offset[from + lane] = sum + upto - n;
        sum += __shfl_sync(~0U, upto, 31);
    }
    return sum;
}

/// seen_e = 0; for t, j: rank = seen_e++ of e = choice_tj; slot = rank < capacity ? offset_e + rank
/// : none; order[slot] = t k + j
///
/// Shared: offset (E), then next (warps, E): the rank of each warp's next choice of an expert.
__global__ void dispatch_choices(const __grid_constant__ route_arguments a,
                                 const route_dispatch d) {
    extern __shared__ std::uint32_t offset[];
    const std::uint32_t experts = a.batch.experts, k = a.rule.choices;
    const std::uint32_t warps = blockDim.x / 32, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    std::uint32_t* next = offset + experts;
    const tile_range tiles = tiles_of(a, blockIdx.x);
    const auto entries = [&](std::uint64_t tile) {
        const std::uint64_t t = tile * a.tile_rows;
        return (t < a.batch.tokens ? t : a.batch.tokens) * k;
    };
    const std::uint64_t begin = entries(tiles.first), end = entries(tiles.first + tiles.count);
    const std::uint64_t share = ((end - begin + warps - 1) / warps + 31) / 32 * 32;
    const auto least = [](std::uint64_t x, std::uint64_t y) { return x < y ? x : y; };
    const std::uint64_t from = least(begin + warp * share, end), to = least(from + share, end);

    for (std::uint32_t i = threadIdx.x; i < warps * experts; i += blockDim.x) next[i] = 0;
    __syncthreads();
    for (std::uint64_t i = from + lane; i < to; i += 32)
        if (a.result.choices[i] != no_choice)
            atomicAdd(&next[warp * experts + a.result.choices[i]], 1U);
    __syncthreads();
    for (std::uint32_t e = warp; e < experts; e += warps) {
        std::uint32_t before, all;
        sum_blocks(a, e, before, all);
        if (lane != 0) continue;
        offset[e] = all < d.capacity ? all : d.capacity;
        for (std::uint32_t w = 0; w < warps; ++w) {
            const std::uint32_t n = next[w * experts + e];
            next[w * experts + e] = before;
            before += n;
        }
    }
    __syncthreads();
    if (warp == 0) {
        const std::uint32_t kept = scan_offsets(offset, experts);
        if (blockIdx.x == 0 && lane == 0) d.offsets[experts] = kept;
    }
    __syncthreads();
    if (blockIdx.x == 0)
        for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x) d.offsets[e] = offset[e];

    for (std::uint64_t base = from; base < to; base += 32) {
        const std::uint64_t i = base + lane;
        const std::uint32_t e = i < to ? a.result.choices[i] : no_choice;
        const std::uint32_t same = __match_any_sync(~0U, e);
        const std::uint32_t ahead = __popc(same & ((1U << lane) - 1));
        const std::uint32_t rank = e == no_choice ? no_slot : next[warp * experts + e] + ahead;
        __syncwarp();
        if (e != no_choice && ahead == 0) next[warp * experts + e] += __popc(same);
        __syncwarp();
        if (i >= to) continue;
        const bool kept = e != no_choice && rank < d.capacity;
        const std::uint32_t slot = kept ? offset[e] + rank : no_slot;
        d.slots[i] = slot;
        if (kept) d.order[slot] = static_cast<std::uint32_t>(i);
    }
}

}  // namespace

cudaError_t launch_dispatch(const route_arguments& a, const route_dispatch& d,
                            cudaStream_t stream) {
    std::uint32_t warps = shared_words / a.batch.experts;
    if (warps < 2) return cudaErrorInvalidValue;
    warps = warps - 1 < most_warps ? warps - 1 : most_warps;
    const auto bytes = static_cast<int>(4 * (warps + 1) * a.batch.experts);
    if (bytes > 48 * 1024) {
        const cudaError_t status = cudaFuncSetAttribute(
            dispatch_choices, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
        if (status != cudaSuccess) return status;
    }
    dispatch_choices<<<a.blocks, 32 * warps, bytes, stream>>>(a, d);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
