// SPDX-License-Identifier: MIT
//
// Sums of softmax(z) over a batch, in double as router/soft_moe_router.cpp: a row to a group of
// lanes, whose sums stay in registers. Each block leaves its own in its place, so that the order is
// fixed. Operations: an exponential an expert and row. Stored tokens are first counted, so that a
// row that comes often is looked at once.
#include <cuda_runtime.h>

#include "loop/router_rows.cuh"
#include "router/router_subset.cuh"

namespace moebius::gpu {
namespace {

constexpr std::uint32_t threads = 256;

/// @tparam own     experts of a lane, at most
/// @tparam shares  of softmax(z); else exp(row) is summed
template <int own, bool shares>
__global__ void __launch_bounds__(threads)
    sum_shares(const __grid_constant__ router_loops work, std::uint32_t step, std::uint32_t lanes) {
    extern __shared__ double sums[];  // (groups, E + 1)
    const auto& base = work.base;
    const std::uint32_t experts = base.experts, run = blockIdx.y;
    const group mine{lanes};
    const std::uint32_t groups = threads / lanes, number = threadIdx.x / lanes;
    const double* scores = work.sums + std::size_t{run} * experts;
    const philox generator(base.values[run].seed);
    const std::uint64_t now = base.first_step + step;
    double sum[own] = {};
    double routed = 0;
    const std::uint64_t rows = rows_of(work);
    for (std::uint64_t first = std::uint64_t{blockIdx.x} * groups; first < rows;
         first += std::uint64_t{gridDim.x} * groups) {
        const std::uint64_t t = first + number;
        token_row row;
        double times = 1;
        std::uint32_t* cleared = nullptr;
        if (t < rows && work.row_count > 0) {
            row = given_row(work, t);
            if (work.times != nullptr) times = work.times[run * rows + t];
            cleared = work.times != nullptr ? work.times + run * rows + t : nullptr;
        } else if (t < rows) {
            const auto token = static_cast<std::uint32_t>(t);
            row = row_of(base, generator, now, token, generator.words(token_stream, now, token));
        }
        const bool there = t < rows && row.routed && times > 0;
        double share[own], top = -INFINITY, total = 0;
#pragma unroll
        for (int j = 0; j < own; ++j) {
            const std::uint32_t e = mine.lane() + j * lanes;
            share[j] = there && e < experts
                           ? (shares ? scaled(work.beta, row.logit(e), scores[e]) : row.logit(e))
                           : -INFINITY;
            top = fmax(top, share[j]);
        }
        top = shares ? mine.largest(top) : 0;
#pragma unroll
        for (int j = 0; j < own; ++j) {
            share[j] = there ? exp(share[j] - top) : 0;
            total += share[j];
        }
        total = shares ? mine.sum(total) : 1;
        if (cleared != nullptr && mine.lane() == 0) *cleared = 0;  // all lanes have read it
        if (!there) continue;
#pragma unroll
        for (int j = 0; j < own; ++j) sum[j] += times * (share[j] / total);
        routed += times;
    }
#pragma unroll
    for (int j = 0; j < own; ++j) {
        const std::uint32_t e = mine.lane() + j * lanes;
        if (e < experts) sums[number * (experts + 1) + e] = sum[j];
    }
    if (mine.lane() == 0) sums[number * (experts + 1) + experts] = routed;
    __syncthreads();
    double* to =
        work.parts + (std::size_t{run} * share_blocks + blockIdx.x) * (std::size_t{experts} + 1);
    for (std::uint32_t e = threadIdx.x; e <= experts; e += threads) {
        double all = 0;
        for (std::uint32_t g = 0; g < groups; ++g) all += sums[g * (experts + 1) + e];
        to[e] = all;
    }
}

template <bool shares, int own>
cudaError_t start(const router_loops& work, std::uint32_t step, std::uint32_t lanes) {
    const std::size_t bytes = threads / lanes * (work.base.experts + 1) * sizeof(double);
    const auto kernel = sum_shares<own, shares>;
    const auto status = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                             static_cast<int>(bytes));
    if (status != cudaSuccess) return status;
    kernel<<<dim3(work.parts_of_run, work.base.runs), threads, bytes>>>(work, step, lanes);
    return cudaGetLastError();
}

template <bool shares>
cudaError_t start_sums(const router_loops& work, std::uint32_t step) {
    if (work.base.experts <= 8) return start<shares, 4>(work, step, 2);
    if (work.base.experts <= 64) return start<shares, 8>(work, step, 8);
    return start<shares, 16>(work, step, 32);
}

constexpr std::uint32_t most_counted_here = 8192;  // rows whose counts fit shared memory

__global__ void __launch_bounds__(threads)
    count_rows(const __grid_constant__ router_loops work, std::uint32_t step) {
    extern __shared__ std::uint32_t counted[];
    const auto& base = work.base;
    const std::uint32_t run = blockIdx.y;
    const bool here = work.row_count <= most_counted_here;
    std::uint32_t* const all = work.times + run * work.row_count;
    if (here)
        for (std::uint32_t i = threadIdx.x; i < work.row_count; i += threads) counted[i] = 0;
    __syncthreads();
    const philox generator(base.values[run].seed);
    for (std::uint64_t t = std::uint64_t{blockIdx.x} * threads + threadIdx.x; t < base.tokens;
         t += std::uint64_t{gridDim.x} * threads) {
        const uint4 words =
            generator.words(token_stream, base.first_step + step, static_cast<std::uint32_t>(t));
        atomicAdd((here ? counted : all) + ((words.w * base.stored) >> 32), 1U);
    }
    __syncthreads();
    if (here)
        for (std::uint32_t i = threadIdx.x; i < work.row_count; i += threads)
            if (counted[i] != 0) atomicAdd(all + i, counted[i]);
}

}  // namespace

cudaError_t launch_shares(const router_loops& work, std::uint32_t step) {
    return start_sums<true>(work, step);
}

cudaError_t launch_exponentials(const router_loops& work) { return start_sums<false>(work, 0); }

cudaError_t launch_times(const router_loops& work, std::uint32_t step) {
    const auto of_block = work.row_count <= most_counted_here ? 4 * work.row_count : 0;
    count_rows<<<blocks_for(work.base, 2 * threads), threads, of_block>>>(work, step);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
