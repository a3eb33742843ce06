// SPDX-License-Identifier: MIT
#pragma once

#include <driver_types.h>

#include <cstddef>
#include <cstdint>

// Sinkhorn's scaling on the device, router/sinkhorn.hpp in single precision. All pointers are
// device pointers, all arrays row-major; T tokens, E experts.
namespace moebius::gpu {

inline constexpr std::uint32_t most_sinkhorn_experts = 512;
inline constexpr std::uint32_t most_sinkhorn_gates = 16;
/// A gate's expert where a row has fewer open ones than gates.
inline constexpr std::uint32_t no_gate = 0xffffffffU;

enum class scaling_status : std::uint32_t { converged, out_of_iterations, no_solution };

struct scaling_problem {
    std::uint32_t tokens = 0;     ///< T, may be 0; below 2^31
    std::uint32_t experts = 1;    ///< E, 1 to most_sinkhorn_experts
    const float* cost = nullptr;  ///< C (T, E): larger is better; -inf where a token may not go
    double xi = 1;                ///< entropy weight; > 0, and 1.5 |C|/xi below 1e38
    double tolerance = 1e-4;  ///< 2-norm of (sum of a column) - (tokens not left out)/E, in tokens;
                              ///< single precision reaches about 1e-8 of the tokens
    std::uint32_t max_iterations = 100;  ///< >= 1
};

struct scaling_totals {
    scaling_status status;
    std::uint32_t iterations;  ///< updates of v and u
    double residual;
    std::uint64_t routed;  ///< tokens not left out
};

/// What is made of it; null for what is not wanted. `totals` is.
struct scaling_result {
    scaling_totals* totals = nullptr;
    double* log_v = nullptr;           ///< (E)
    float* log_u = nullptr;            ///< (T); minus infinity for a token that was left out
    float* plan = nullptr;             ///< (T, E): rows sum to 1; 0 for a token left out
    std::uint32_t gates = 0;           ///< k, 0 to min(E, most_sinkhorn_gates)
    std::uint32_t* choices = nullptr;  ///< (T, k): the k largest of a row, largest first
    float* shares = nullptr;           ///< (T, k): their entries, made to sum to 1
};

[[nodiscard]] std::size_t scaling_workspace_bytes(std::uint32_t experts);

/// Plan, log_u + log_v and the number of iterations are those of `sinkhorn` up to rounding: entries
/// to 1e-5 + 4e-7 (|C|/xi + |log v|) of themselves. The same bits in every run on a device.
/// @param workspace  scaling_workspace_bytes, for one call at a time; need not be cleared
[[nodiscard]] cudaError_t launch_scaling(const scaling_problem& problem,
                                         const scaling_result& result, void* workspace,
                                         cudaStream_t stream);

}  // namespace moebius::gpu
