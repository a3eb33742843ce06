// SPDX-License-Identifier: MIT
#pragma once

#include "loop/loops.hpp"

namespace moebius::gpu {

/// The part of each batch that one of several devices routes.
struct slice {
    std::uint64_t from, to;     ///< tokens; `from` is a multiple of 4
    std::uint32_t* counts;      ///< (runs, experts): of this slice, cleared by follow_totals
    std::uint32_t* totals;      ///< (runs, experts): of all slices
    std::uint32_t* clock;       ///< steps since work.first_step
    std::uint32_t most_blocks;  ///< for one run
};

[[nodiscard]] cudaError_t launch_count_slice(const loops& work, const slice& part,
                                             cudaStream_t stream);
[[nodiscard]] cudaError_t launch_follow_totals(const loops& work, const slice& part,
                                               cudaStream_t stream);

}  // namespace moebius::gpu
