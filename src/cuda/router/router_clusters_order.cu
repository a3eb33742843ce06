// SPDX-License-Identifier: MIT
#include "router/router_clusters.cuh"

// A stable counting sort of the tokens by their clusters, 4 bytes a token.
namespace moebius::gpu {
namespace {

constexpr std::uint32_t sort_warps = 8;

struct stretch {
    std::uint64_t from, to;
};

/// The tokens of this warp of the sort, a multiple of 32 but the last.
__device__ stretch sorted_by_warp(std::uint32_t tokens) {
    const std::uint32_t all = gridDim.x * sort_warps;
    const std::uint64_t share = (std::uint64_t{tokens} / all + 32) / 32 * 32;
    const std::uint64_t from = share * (blockIdx.x * sort_warps + threadIdx.x / 32);
    const auto least = [&](std::uint64_t x) { return x < tokens ? x : tokens; };
    return {least(from), least(from + share)};
}

/// counts_k = how many tokens of the warp are of cluster k. Shared: (sort_warps, K + 1), cleared.
__device__ void count_by_warp(const clustered_tokens& c, std::uint32_t* counts) {
    const stretch s = sorted_by_warp(c.tokens);
    for (std::uint64_t t = s.from + threadIdx.x % 32; t < s.to; t += 32)
        atomicAdd(&counts[threadIdx.x / 32 * (c.clusters + 1) + cluster_of(c, t)], 1U);
}

__global__ void count_clusters(const clustered_tokens c, const clustering_workspace to) {
    extern __shared__ std::uint32_t counts[];
    const std::uint32_t bins = c.clusters + 1;
    for (std::uint32_t i = threadIdx.x; i < sort_warps * bins; i += blockDim.x) counts[i] = 0;
    __syncthreads();
    count_by_warp(c, counts);
    __syncthreads();
    for (std::uint32_t k = threadIdx.x; k < bins; k += blockDim.x) {
        std::uint32_t all = 0;
        for (std::uint32_t w = 0; w < sort_warps; ++w) all += counts[w * bins + k];
        to.block_counts[blockIdx.x * bins + k] = all;
    }
}

/// offset_k = sum of counts before k; order[offset_k + rank of t in k] = t
///
/// Shared: begin (K + 1), next (sort_warps, K + 1): where each warp's next token of a cluster goes.
__global__ void order_tokens(const clustered_tokens c, const clustering_workspace to) {
    extern __shared__ std::uint32_t begin[];
    const std::uint32_t bins = c.clusters + 1, lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    std::uint32_t* next = begin + bins;
    for (std::uint32_t i = threadIdx.x; i < sort_warps * bins; i += blockDim.x) next[i] = 0;
    __syncthreads();
    count_by_warp(c, next);
    __syncthreads();
    for (std::uint32_t k = warp; k < bins; k += sort_warps) {
        std::uint32_t before = 0, all = 0;
        for (std::uint32_t b = lane; b < gridDim.x; b += 32) {
            const std::uint32_t n = to.block_counts[b * bins + k];
            all += n;
            if (b < blockIdx.x) before += n;
        }
        before = __reduce_add_sync(~0U, before);
        all = __reduce_add_sync(~0U, all);
        if (lane != 0) continue;
        begin[k] = all;
        for (std::uint32_t w = 0; w < sort_warps; ++w) {
            const std::uint32_t n = next[w * bins + k];
            next[w * bins + k] = before;
            before += n;
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        std::uint32_t sum = 0;
        for (std::uint32_t k = 0; k < bins; ++k) {
            const std::uint32_t n = begin[k];
            begin[k] = sum;
            sum += n;
        }
    }
    __syncthreads();
    if (blockIdx.x == 0)
        for (std::uint32_t k = threadIdx.x; k <= bins; k += blockDim.x)
            to.offsets[k] = k < bins ? begin[k] : c.tokens;

    const stretch s = sorted_by_warp(c.tokens);
    for (std::uint64_t base = s.from; base < s.to; base += 32) {
        const std::uint64_t t = base + lane;
        const std::uint32_t k = t < s.to ? cluster_of(c, t) : ~0U;
        const std::uint32_t same = __match_any_sync(~0U, k);
        const std::uint32_t ahead = __popc(same & ((1U << lane) - 1));
        std::uint32_t place = 0;
        if (t < s.to) place = begin[k] + next[warp * bins + k] + ahead;
        __syncwarp();
        if (t < s.to && ahead == 0) next[warp * bins + k] += __popc(same);
        __syncwarp();
        if (t < s.to) to.order[place] = static_cast<std::uint32_t>(t);
    }
}

}  // namespace

void launch_order(const clustered_tokens& c, const clustering_workspace& to, cudaStream_t stream) {
    const std::uint32_t blocks = sort_blocks_of(c.tokens), bins = c.clusters + 1;
    count_clusters<<<blocks, 32 * sort_warps, 4 * sort_warps * bins, stream>>>(c, to);
    order_tokens<<<blocks, 32 * sort_warps, 4 * (sort_warps + 1) * bins, stream>>>(c, to);
}

}  // namespace moebius::gpu
