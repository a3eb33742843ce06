// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

// One routing step on the device: raw pointers and a stream, nothing of the host library. All
// pointers are device pointers, all arrays row-major; T tokens, E experts, width d, top k.
namespace moebius::gpu {

enum class token_type { bf16, fp32 };
enum class route_noise { none, gumbel, gaussian };

/// The choice of a token that no expert gets.
inline constexpr std::uint32_t no_choice = 0xffffffffU;
/// The slot of a choice that its expert had no room for, or that is no_choice.
inline constexpr std::uint32_t no_slot = 0xffffffffU;
inline constexpr std::uint32_t most_choices = 8;

/// What is routed: logit_te = tokens_t . gate_e.
struct route_batch {
    token_type type = token_type::bf16;
    std::uint32_t tokens = 0;          ///< T, may be 0; below 2^31
    std::uint32_t experts = 1;         ///< E, 1 to 65 536
    std::uint32_t width = 1;           ///< d >= 1
    const void* token_data = nullptr;  ///< (T, d)
    const void* gate_data = nullptr;   ///< (E, d), the type of the tokens
};

/// How it is routed: the k largest of beta (logit + score) + noise; the lowest expert wins ties.
/// A token with a logit that is NaN or plus infinity, or with no finite one, goes nowhere.
struct route_rule {
    float beta = 1;                         ///< inverse temperature, > 0
    std::uint32_t choices = 1;              ///< k, 1 to min(E, most_choices)
    route_noise noise = route_noise::none;  ///< per token and expert: the numbers of router/top1
    std::uint64_t seed = 1;
    std::uint64_t step = 0;         ///< number of the batch
    std::uint32_t first_token = 0;  ///< number of the first token in the batch
    bool exact = false;             ///< fp32 tokens: choices are those of float64 arithmetic
    /// Tokens whose k-th and next value differ by no more (any two neighbours of the first k + 1)
    /// are counted as near ties.
    float tie_margin = 0;
};

/// After the batch: s_e += step (feedback n_e / T - decay s_e + bias_e), in double, rounded once.
struct route_feedback {
    double step = 0;  ///< 0: scores are read only
    double feedback = 1;
    double decay = 1;
    const float* bias = nullptr;  ///< (E), or null for 0
};

struct route_totals {
    std::uint64_t unrouted;   ///< tokens of no expert; with the counts / k they sum to T
    std::uint64_t near_ties;  ///< tokens with a gap within tie_margin
    std::uint64_t rechecked;  ///< tokens settled in float64 (exact only)
};

/// What comes back. Probability: softmax of beta (logit + score) over all E, without the noise.
/// @accuracy  relative 1e-3 for bf16 (the product is exact, the sum float); for fp32 within
///            exp(beta |x| |w| 2^-11) of the true one: its product has 11 bits
struct route_result {
    float* scores = nullptr;           ///< (E), read, then updated
    std::uint32_t* choices = nullptr;  ///< (T, k), best first, or no_choice
    float* probabilities = nullptr;    ///< (T, k); 0 for no_choice
    std::uint32_t* counts = nullptr;   ///< (E): choices of each expert, before any drop
    route_totals* totals = nullptr;    ///< one
};

/// Where each choice goes in a buffer sorted by expert, token order kept inside an expert. A
/// choice beyond the capacity of its expert is dropped, later tokens first.
struct route_dispatch {
    std::uint32_t capacity = 0xffffffffU;  ///< choices an expert takes
    std::uint32_t* offsets = nullptr;      ///< (E + 1): where each expert begins; last: all kept
    std::uint32_t* slots = nullptr;        ///< (T, k): place of each choice, or no_slot
    std::uint32_t* order = nullptr;        ///< (T k): the choice t k + j at each place
};

/// How a batch is served; only tests ask for more than automatic.
enum class route_path { automatic, plain, tensor };

/// Bytes of workspace for batches of this shape on the current device.
[[nodiscard]] std::size_t route_workspace_bytes(const route_batch& batch);

/// Clears a workspace; once before its first step, and after a step that failed.
cudaError_t clear_route_workspace(void* workspace, std::size_t bytes, cudaStream_t stream);

/// Whether the tensor-core path (sm_90a, at most 256 experts, rows of whole 16 bytes) serves it.
[[nodiscard]] bool route_uses_tensor_cores(const route_batch& batch);

/// fp32 only, once for each gate: the gate in half precision and the bounds of its rounding, into
/// the workspace. bf16 needs none and the call does nothing.
cudaError_t prepare_gate(const route_batch& batch, void* workspace, cudaStream_t stream);

/// One launch (two with `dispatch`): product, score, noise, choice, probability, histogram and
/// feedback. No (T, E) array is written.
///
/// @param workspace  route_workspace_bytes, cleared once; for fp32 with this gate prepared
/// @return cudaErrorInvalidValue for what the structs forbid, else the launch's status
cudaError_t route_step(const route_batch& batch, const route_rule& rule,
                       const route_feedback& feedback, const route_result& result,
                       const route_dispatch* dispatch, void* workspace, cudaStream_t stream,
                       route_path path = route_path::automatic);

}  // namespace moebius::gpu
