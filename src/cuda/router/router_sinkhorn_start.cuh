// SPDX-License-Identifier: MIT
#pragma once

#include "router/router_sinkhorn.cuh"

// The first pass of router_sinkhorn.cuh: columns with u = 0.
namespace moebius::gpu {

/// Keeps the rows, and leaves LSE_i(C_ij/xi) of column threadIdx.x in v_. Returns whether a column
/// has no open entry.
template <int lanes, int chunks, bool resident, bool full>
__device__ inline bool scaling<lanes, chunks, resident, full>::start_columns() {
    const std::uint32_t E = a_.problem.experts;
    max_and_sum of[columns];
#pragma unroll
    for (auto& o : of) o = {-INFINITY, 0};
    std::uint32_t routed = 0;
    each_row(a_.problem.cost, 0, [&](std::uint32_t row, const float(&c)[columns]) {
        bool bad = false, open = false;
#pragma unroll
        for (int i = 0; i < columns; ++i) {
            bad = bad || !(c[i] < INFINITY);
            open = open || c[i] > -INFINITY;
        }
        const std::uint32_t mine = (lanes == 32 ? ~0U : (1U << lanes % 32) - 1)
                                   << (threadIdx.x % 32 / lanes * lanes);
        bad = (__ballot_sync(~0U, bad) & mine) != 0;
        open = (__ballot_sync(~0U, open) & mine) != 0;
        if (!bad && open) {
#pragma unroll
            for (int i = 0; i < columns; ++i) add(of[i], c[i] * scale_, 1);
            if (lane_ == 0) ++routed;
        }
        if (!resident || row >= end_) return;
        float* to = rows_ + std::size_t{row - begin_} * E;
#pragma unroll
        for (int i = 0; i < columns; i += 4) {
            const std::uint32_t j = column(i, lane_);
            if (a_.vectors && j < E) {
                *reinterpret_cast<float4*>(to + j) = {c[i], c[i + 1], c[i + 2], c[i + 3]};
            } else {
                for (int k = 0; k < 4; ++k)
                    if (j + k < E) to[j + k] = c[i + k];
            }
        }
    });
#pragma unroll
    for (int i = 0; i < columns; ++i) at_.tops[group_][column(i, lane_)] = of[i];
    const auto all = static_cast<unsigned long long>(sum_of_block(routed, threads));
    const max_and_sum of_block = join(
        warps * rows_of_warp, [&](std::uint32_t g, std::uint32_t j) { return at_.tops[g][j]; });
    if (threadIdx.x < E) a_.columns[std::size_t{blockIdx.x} * E + threadIdx.x] = of_block;
    if (threadIdx.x == 0) atomicAdd(&a_.shared->routed, all);
    meet(a_.shared, 1);
    const max_and_sum of_column = join(gridDim.x, [&](std::uint32_t b, std::uint32_t j) {
        if (j >= E) return max_and_sum{-INFINITY, 0};
        const float2 part =
            __ldcg(reinterpret_cast<const float2*>(&a_.columns[std::size_t{b} * E + j]));
        return max_and_sum{part.x, part.y};
    });
    v_ = static_cast<double>(of_column.top) + log2(static_cast<double>(of_column.sum));
    return __syncthreads_or(threadIdx.x < E && of_column.sum == 0) != 0;
}

/// For thread j < width: of(0, j), ..., of(count - 1, j) together, by all threads.
template <int lanes, int chunks, bool resident, bool full>
template <typename Of>
__device__ inline max_and_sum scaling<lanes, chunks, resident, full>::join(std::uint32_t count,
                                                                           Of of) {
    constexpr std::uint32_t stripes = threads / width;
    const std::uint32_t j = threadIdx.x % width, stripe = threadIdx.x / width;
    max_and_sum of_stripe{-INFINITY, 0};
#pragma unroll 4
    for (std::uint32_t i = stripe; i < count; i += stripes) {
        const max_and_sum part = of(i, j);
        add(of_stripe, part.top, part.sum);
    }
    at_.of_stripes[stripe][j] = of_stripe;
    __syncthreads();
    max_and_sum all{-INFINITY, 0};
    if (threadIdx.x < width)
        for (std::uint32_t i = 0; i < stripes; ++i)
            add(all, at_.of_stripes[i][j].top, at_.of_stripes[i][j].sum);
    __syncthreads();
    return all;
}

}  // namespace moebius::gpu
