// SPDX-License-Identifier: MIT
#pragma once

#include <driver_types.h>

#include <cstdint>

// ProbMoE on the device: subsets of k_min to k_max experts with P(S) ~ exp(sum of z over S),
// z_te = beta (logit_te + score_e), as router/probmoe.hpp and router/subset_law.hpp define them.
// All pointers are device pointers, all arrays row-major; T tokens, E experts.
namespace moebius::gpu {

/// What the tables of a token are computed in. With fp64, subsets are the CPU's unless a word falls
/// on a boundary to the last bits; with fp32, unless it falls within about 1e-6 of one.
enum class subset_arithmetic { fp64, fp32 };

inline constexpr std::uint32_t most_subset_experts = 512;
inline constexpr std::uint32_t most_subset_members = 31;

struct subset_batch {
    std::uint32_t tokens = 0;            ///< T, may be 0; below 2^31
    std::uint32_t experts = 1;           ///< E, 1 to most_subset_experts
    const float* logits = nullptr;       ///< (T, E)
    const double* scores = nullptr;      ///< (E), finite
    double beta = 1;                     ///< > 0
    std::uint32_t k_min = 1, k_max = 1;  ///< 1 <= k_min <= k_max <= min(E, most_subset_members)
    subset_arithmetic arithmetic = subset_arithmetic::fp64;
};

/// Draws a subset for each token, with the words of stream `subset` as router/probmoe.cpp takes
/// them. A token that cannot be routed gets zeros.
struct subset_draw {
    std::uint64_t seed = 1, step = 0;
    std::uint32_t first_token = 0;    ///< number of the first token in the batch
    std::uint8_t* chosen = nullptr;   ///< (T, E): 1 for members
    float* weights = nullptr;         ///< (T, E): softmax(z) of the chosen, else 0; relative 1e-5
    std::uint32_t* counts = nullptr;  ///< (E + 1): tokens of each expert, then those of none
};
[[nodiscard]] cudaError_t launch_subset_draw(const subset_batch& batch, const subset_draw& draw,
                                             cudaStream_t stream);

/// marginals (T, E): P(e in S); 0 for a token that cannot be routed.
[[nodiscard]] cudaError_t launch_subset_marginals(const subset_batch& batch, float* marginals,
                                                  cudaStream_t stream);

/// dL/dlogit from dL/dweight, the choice being `chosen`: router::backward of probmoe.
struct subset_slope {
    const std::uint8_t* chosen = nullptr;  ///< (T, E)
    const float* by_weights = nullptr;     ///< (T, E); read only where chosen
    float* by_logits = nullptr;            ///< (T, E), overwritten
    bool published = false;                ///< subset_slopes::published instead of covariance
};
[[nodiscard]] cudaError_t launch_subset_backward(const subset_batch& batch,
                                                 const subset_slope& slope, cudaStream_t stream);

}  // namespace moebius::gpu
