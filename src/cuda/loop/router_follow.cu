// SPDX-License-Identifier: MIT
//
// Behind a batch of routers' loops: count_loads of router/router.cpp or the means of soft-moe, then
// loop_scores::follow of simulate/closed_loop.hpp; a block a run. Soft MoE without tokens needs no
// batch: its steps are one launch.
#include <cuda_runtime.h>

#include "control.cuh"
#include "follow.cuh"
#include "loop/router_loops.hpp"

namespace moebius::gpu {
namespace {

constexpr std::uint32_t most_threads = 512;

/// The sum over the block's threads, in all of them.
template <typename T>
__device__ T sum_of_block(T x) {
    __shared__ T parts[most_threads / 32];
    for (int s = 16; s > 0; s /= 2) x += __shfl_xor_sync(~0U, x, s);
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    T sum = 0;
    for (std::uint32_t w = 0; w < blockDim.x / 32; ++w) sum += parts[w];
    return sum;
}

/// The largest of the block's threads, in all of them.
__device__ double largest_of_block(double x) {
    __shared__ double parts[most_threads / 32];
    for (int s = 16; s > 0; s /= 2) x = fmax(x, __shfl_xor_sync(~0U, x, s));
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    for (std::uint32_t w = 0; w < blockDim.x / 32; ++w) x = fmax(x, parts[w]);
    return x;
}

/// softmax(beta score): what every token's shares are where all logits are 0.
__device__ void take_softmax(const router_loops& work, std::uint32_t run, double* loads) {
    const std::uint32_t experts = work.base.experts;
    const double* scores = work.sums + std::size_t{run} * experts;
    double top = -INFINITY, sum = 0;
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x)
        top = fmax(top, __dmul_rn(work.beta, scores[e]));
    top = largest_of_block(top);
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x)
        sum += loads[e] = exp(__dmul_rn(work.beta, scores[e]) - top);
    sum = sum_of_block(sum);
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x) loads[e] /= sum;
}

/// Means of what blocks left of softmax(z); a warp an expert, always in the same order.
__device__ void take_means(const router_loops& work, std::uint32_t run, double* loads) {
    const std::uint32_t experts = work.base.experts, lane = threadIdx.x % 32;
    const double* parts = work.parts + std::size_t{run} * share_blocks * (experts + 1);
    __shared__ double routed;
    for (std::uint32_t e = threadIdx.x / 32; e <= experts; e += blockDim.x / 32) {
        double sum = 0;
        for (std::uint32_t b = lane; b < work.parts_of_run; b += 32)
            sum += parts[b * (experts + 1) + e];
        for (int s = 16; s > 0; s /= 2) sum += __shfl_xor_sync(~0U, sum, s);
        if (lane == 0) (e < experts ? loads[e] : routed) = sum;
    }
    __syncthreads();
    if (threadIdx.x == 0)
        work.unrouted[run] += work.base.tokens - static_cast<std::uint64_t>(routed);
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x)
        loads[e] = routed > 0 ? loads[e] / routed : 0;
}

/// Shares of all choices; the counts are cleared.
__device__ void take_counts(const router_loops& work, std::uint32_t run, double* loads) {
    const std::uint32_t experts = work.base.experts;
    std::uint32_t* counts = work.counts + std::size_t{run} * (experts + 1);
    std::uint64_t own = 0;
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x) own += counts[e];
    const auto all = static_cast<double>(sum_of_block(own));
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x)
        loads[e] = all > 0 ? __ddiv_rn(counts[e], all) : 0;
    if (threadIdx.x == 0) work.unrouted[run] += counts[experts];
    __syncthreads();
    for (std::uint32_t e = threadIdx.x; e <= experts; e += blockDim.x) counts[e] = 0;
}

__device__ void follow_batch(const router_loops& work, std::uint32_t step, double* loads) {
    const auto& base = work.base;
    const std::uint32_t experts = base.experts, run = blockIdx.x;
    const std::size_t from = std::size_t{run} * experts;
    const run_values values = base.values[run];
    if (work.chooses != chooser::shares)
        take_counts(work, run, loads);
    else if (base.source == tokens::none)
        take_softmax(work, run, loads);
    else
        take_means(work, run, loads);
    int sides = 0;
    if (values.controller.law == gpu::law::centred_sign) {
        for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x)
            sides += side_of(loads[e], experts);
        sides = sum_of_block(sides);
    }
    const step_rule rule = rule_at(base, run, step);
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x) {
        double bias = base.biases[from + e];
        if (base.bias != nullptr) bias = e == 0 ? rule.bias / 2 : -(rule.bias / 2);
        double score =
            follow(base.scores[from + e], loads[e], rule.feedback, values.decay, values.step, bias);
        base.scores[from + e] = score;
        if (base.controls != nullptr) {
            const double moved = control(values.controller, values.step, base.controls[from + e],
                                         loads[e], experts, sides);
            base.controls[from + e] = moved;
            score = __dadd_rn(score, moved);
        }
        work.sums[from + e] = score;
        work.loads[(std::size_t{run} * base.steps + step) * experts + e] = loads[e];
    }
}

__global__ void __launch_bounds__(most_threads)
    follow_loads(const __grid_constant__ router_loops work, std::uint32_t first,
                 std::uint32_t count) {
    extern __shared__ double loads[];
    for (std::uint32_t step = first; step < first + count; ++step) {
        follow_batch(work, step, loads);
        __syncthreads();
    }
}

}  // namespace

cudaError_t launch_follow(const router_loops& work, std::uint32_t first, std::uint32_t count) {
    const bool shares = work.chooses == chooser::shares, alone = work.base.source == tokens::none;
    const unsigned threads = !shares                  ? 128
                             : !alone                 ? most_threads
                             : work.base.experts > 64 ? 128
                                                      : 32;
    follow_loads<<<work.base.runs, threads, work.base.experts * sizeof(double)>>>(work, first,
                                                                                  count);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
