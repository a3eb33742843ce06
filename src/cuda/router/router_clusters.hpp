// SPDX-License-Identifier: MIT
#pragma once

#include <driver_types.h>

#include <cstddef>
#include <cstdint>

// Adaptive clustering on the device, router/adaptive_clustering.hpp with single-precision tokens
// and double-precision sums. All pointers are device pointers, all arrays row-major; T tokens of
// width d, K clusters, E experts.
namespace moebius::gpu {

inline constexpr std::uint32_t most_cluster_width = 1024;
inline constexpr std::uint32_t most_clusters = 256;

struct clustered_tokens {
    std::uint32_t tokens = 0;            ///< T, may be 0; below 2^31
    std::uint32_t width = 1;             ///< d, 1 to most_cluster_width
    std::uint32_t clusters = 1;          ///< K, 1 to most_clusters
    const float* values = nullptr;       ///< h (T, d)
    const std::uint32_t* ids = nullptr;  ///< (T): a cluster; K or more for a token of none
};

/// cluster_normaliser of router/adaptive_clustering.hpp.
enum class weight_mean { of_feature, before_clip, after_clip };

struct clustering_rule {
    double eps = 1e-4;  ///< added to every dispersion; > 0
    double clip = 10;   ///< weights end at clip times their mean; > 0
    weight_mean mean = weight_mean::of_feature;
    bool unit_tokens = false;  ///< tokens are divided by their 2-norm first; 0 stays 0
};

struct clustering_weights {
    float* weights = nullptr;        ///< W (K, d); 1 for a cluster of no or one token
    std::uint32_t* sizes = nullptr;  ///< (K): finite tokens of each cluster
    float* factors = nullptr;        ///< (T): 1, or 1/|h| for unit tokens; NaN for one not finite
};

/// W = dispersion_weights, to 1e-5 of itself where a MAD is not below 1e-6 of the tokens. Sums are
/// of a fixed order: the same bits in every run and on every device.
/// @param workspace  cluster_workspace_bytes, for one call at a time; need not be cleared
[[nodiscard]] cudaError_t launch_cluster_weights(const clustered_tokens& tokens,
                                                 const clustering_rule& rule,
                                                 const clustering_weights& to, void* workspace,
                                                 cudaStream_t stream);
[[nodiscard]] std::size_t cluster_workspace_bytes(const clustered_tokens& tokens);

/// logits (T, E): (W of a token's cluster o factor h) . e_e, a row of NaN for a token not finite.
/// @param embeddings  e (E, d)
[[nodiscard]] cudaError_t launch_cluster_gate(const clustered_tokens& tokens,
                                              const clustering_weights& from,
                                              const float* embeddings, std::uint32_t experts,
                                              float* logits, cudaStream_t stream);

}  // namespace moebius::gpu
