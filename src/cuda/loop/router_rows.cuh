// SPDX-License-Identifier: MIT
#pragma once

#include "loop/loop_choose.cuh"
#include "loop/router_loops.hpp"

namespace moebius::gpu {

/// The logits of one token of a batch.
struct token_row {
    const double* logits = nullptr;  ///< (E); null: (half, -half), or 0 for all
    double half = 0;
    bool routed = true;

    [[nodiscard]] __device__ double logit(std::uint32_t e) const {
        if (logits != nullptr) return logits[e];
        return e == 0 ? half : -half;
    }
};

/// How many rows a batch has to be looked at.
__device__ inline std::uint64_t rows_of(const router_loops& work) {
    return work.row_count > 0 ? work.row_count : work.base.tokens;
}

__device__ inline token_row given_row(const router_loops& work, std::uint64_t t) {
    token_row row;
    if (work.rows != nullptr) {
        row.logits = work.rows + t * work.base.experts;
        row.routed = !isnan(row.logits[0]);
    }
    return row;
}

/// @param words  of the token
__device__ inline token_row row_of(const loops& work, const philox& generator, std::uint64_t step,
                                   std::uint32_t token, const uint4& words) {
    token_row row;
    if (work.source == tokens::stored) {
        row.logits = work.logits + ((words.w * work.stored) >> 32) * work.experts;
        row.routed = !isnan(row.logits[0]);
    } else if (work.source == tokens::mixture) {
        row.half = mixture_margin(work, generator, step, token, words.w) / 2;
    }
    return row;
}

/// As many blocks a run as its tokens fill, of `threads` tokens each, but all runs no more than
/// fill a device some times over.
inline dim3 blocks_for(const loops& work, std::uint64_t tokens_of_block) {
    constexpr std::uint64_t most = 4096;
    const std::uint64_t full = (work.tokens + tokens_of_block - 1) / tokens_of_block;
    const std::uint64_t share = most / work.runs > 0 ? most / work.runs : 1;
    return dim3(static_cast<unsigned>(full < share ? full : share), work.runs);
}

}  // namespace moebius::gpu
