// SPDX-License-Identifier: MIT
#pragma once

#include <driver_types.h>

#include <cstdint>

#include "loop/loops.hpp"

// Closed loops of routers that are not top-1, a batch at a time: one kernel routes the tokens of
// all runs, another follows with the scores. All pointers are on the device.
namespace moebius::gpu {

/// routing_rule::kind of router/router.hpp.
enum class chooser : int { largest, subset, shares };

inline constexpr std::uint32_t most_largest = 16;          ///< experts of a token, of `largest`
inline constexpr std::uint32_t most_router_experts = 512;  ///< of all kinds
inline constexpr std::uint32_t share_blocks = 264;         ///< of a run, of `shares`

struct router_loops {
    loops base;  ///< stored tokens as logits; `history` and the betas of runs are not used
    gpu::chooser chooses;
    double beta;
    std::uint32_t k_min, k_max;
    double* sums;           ///< (runs, E): the scores by which tokens are routed
    std::uint32_t* counts;  ///< (runs, E + 1) of this batch; the last: tokens of none. Cleared
                            ///< behind a batch
    /// Rows in place of the tokens of a batch, if there are any: of `shares` all stored ones; of a
    /// balanced batch those of its plan, in the order of its tokens.
    const double* rows;          ///< (row_count, E); null: those of the source
    std::uint64_t row_count;     ///< 0: the tokens
    std::uint32_t* times;        ///< (runs, row_count): tokens of each row, cleared behind a batch;
                                 ///< null: one each
    std::uint32_t parts_of_run;  ///< blocks that leave parts, up to share_blocks
    double* parts;  ///< (runs, share_blocks, E + 1): sums of softmax(z), routed tokens; of `shares`
    double* loads;  ///< (runs, steps, E)
    std::uint64_t* unrouted;  ///< (runs), of all batches so far
};

/// Route batch `step` of this launch's steps, on the default stream.
[[nodiscard]] cudaError_t launch_largest(const router_loops& work, std::uint32_t step);
[[nodiscard]] cudaError_t launch_subset(const router_loops& work, std::uint32_t step);
[[nodiscard]] cudaError_t launch_shares(const router_loops& work, std::uint32_t step);

/// times, for `shares` of stored tokens.
[[nodiscard]] cudaError_t launch_times(const router_loops& work, std::uint32_t step);
/// parts of one run's rows: sums of exp(row), in place of softmax(z).
[[nodiscard]] cudaError_t launch_exponentials(const router_loops& work);
/// rows (T, E) of one run's balanced batch: (beta logit + scale normal noise)/xi, a row that cannot
/// be routed from a NaN on.
[[nodiscard]] cudaError_t launch_costs(const router_loops& work, std::uint32_t step, double scale,
                                       double xi, double* rows);

/// Loads from what was routed in batch `first`, and all scores moved by them. More than one batch
/// where nothing is routed between them: `shares` without tokens.
[[nodiscard]] cudaError_t launch_follow(const router_loops& work, std::uint32_t first,
                                        std::uint32_t count);

}  // namespace moebius::gpu
