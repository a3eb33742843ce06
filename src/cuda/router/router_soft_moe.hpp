// SPDX-License-Identifier: MIT
#pragma once

#include <driver_types.h>

#include <cstddef>
#include <cstdint>

// Soft MoE on the device, router/soft_moe.hpp from logits on, in single precision. All pointers are
// device pointers, all arrays row-major; T tokens, n experts of p slots, S = n p, width d.
namespace moebius::gpu {

inline constexpr std::uint32_t most_mixture_slots = 512;

struct mixture_logits {
    std::uint32_t tokens = 0;       ///< T, may be 0; below 2^31
    std::uint32_t experts = 1;      ///< n >= 1
    std::uint32_t slots = 1;        ///< p >= 1; n p <= most_mixture_slots
    const float* logits = nullptr;  ///< (T, S)
};

/// Weights to 1e-5 of themselves. A token whose logits hold NaN or plus infinity, or nothing
/// finite, is left out: its rows are 0. The same bits in every run on a device.
struct mixture_weights {
    float* combine = nullptr;      ///< C (T, S): softmax of each row
    float* dispatch = nullptr;     ///< D (T, S): softmax of each column over the tokens
    std::uint8_t* kept = nullptr;  ///< (T): 0 for a token left out
    double* loads = nullptr;       ///< (n): mean of C over the tokens kept, summed over slots
};
/// @param workspace  mixture_workspace_bytes, for one call at a time; need not be cleared
[[nodiscard]] cudaError_t launch_mixture_weights(const mixture_logits& logits,
                                                 const mixture_weights& weights, void* workspace,
                                                 cudaStream_t stream);
[[nodiscard]] std::size_t mixture_workspace_bytes(std::uint32_t all_slots);

/// slot_inputs (S, d) = D^T X, without the tokens left out.
/// @param tokens     X (T, d)
/// @param workspace  slot_inputs_workspace_bytes
[[nodiscard]] cudaError_t launch_slot_inputs(const mixture_logits& logits,
                                             const mixture_weights& weights, const float* tokens,
                                             std::uint32_t width, float* slot_inputs,
                                             void* workspace, cudaStream_t stream);
[[nodiscard]] std::size_t slot_inputs_workspace_bytes(const mixture_logits& logits,
                                                      std::uint32_t width);

/// output (T, d) = C Y, of slot outputs Y (S, d).
[[nodiscard]] cudaError_t launch_mixture_output(const mixture_logits& logits,
                                                const mixture_weights& weights,
                                                const float* slot_outputs, std::uint32_t width,
                                                float* output, cudaStream_t stream);

}  // namespace moebius::gpu
