// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include "router/router_clusters.hpp"

// What the kernels of clusters share: sizes that they take, and what lies in the workspace.
namespace moebius::gpu {

inline constexpr std::uint32_t most_sort_blocks = 128;
inline constexpr std::uint32_t most_lists = 2112;  // 16 on each multiprocessor of an H200

inline bool fits(const clustered_tokens& c) {
    return c.width >= 1 && c.width <= most_cluster_width && c.clusters >= 1 &&
           c.clusters <= most_clusters && c.tokens < 1U << 31;
}

struct clustering_workspace {
    std::uint32_t* block_counts;  // (sort blocks, K + 1)
    std::uint32_t* offsets;       // (K + 2): where a cluster begins in the order; K: tokens of none
    std::uint32_t* order;         // (T)
    std::uint32_t* part_sizes;    // (lists + K)
    double* parts;                // (lists + K, d)
    double* means;                // (K, d)
    double* deviations;           // (K, d), then weights on their way
};

inline std::uint32_t sort_blocks_of(std::uint32_t tokens) {
    const std::uint32_t wanted = tokens / 1024 + 1;
    return wanted < most_sort_blocks ? wanted : most_sort_blocks;
}
inline std::uint32_t lists_of(std::uint32_t tokens) {
    const std::uint32_t wanted = tokens / 4 + 1;
    return wanted < most_lists ? wanted : most_lists;
}

/// Lays the arrays out from `workspace` on; returns how many bytes they are.
inline std::size_t lay_out(const clustered_tokens& c, void* workspace, clustering_workspace& view) {
    const std::size_t K = c.clusters, parts = lists_of(c.tokens) + K;
    std::size_t at = 0;
    const auto take = [&]<typename T>(T*& array, std::size_t size) {
        array = reinterpret_cast<T*>(static_cast<char*>(workspace) + at);
        at = (at + size * sizeof(T) + 255) / 256 * 256;
    };
    take(view.block_counts, sort_blocks_of(c.tokens) * (K + 1));
    take(view.offsets, K + 2);
    take(view.order, c.tokens);
    take(view.part_sizes, parts);
    take(view.parts, parts * c.width);
    take(view.means, K * c.width);
    take(view.deviations, K * c.width);
    return at;
}

__device__ inline std::uint32_t cluster_of(const clustered_tokens& c, std::uint64_t t) {
    const std::uint32_t k = c.ids[t];
    return k < c.clusters ? k : c.clusters;
}

/// order and offsets of the workspace (router_clusters_order.cu).
void launch_order(const clustered_tokens& c, const clustering_workspace& to, cudaStream_t stream);

}  // namespace moebius::gpu
