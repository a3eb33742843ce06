// SPDX-License-Identifier: MIT
//
// One step of closed loops whose tokens several devices share: closed_loop::route_batch or
// toss_batch on a slice of the tokens, then, once counts are summed over devices, follow.
#include "control.cuh"
#include "follow.cuh"
#include "loop/loop_choose.cuh"
#include "loop/loop_slice.hpp"

namespace moebius::gpu {
namespace {

constexpr std::uint32_t slice_threads = 256, follow_threads = 1024;

/// words_below of base/random.hpp.
__device__ std::uint64_t words_below(double share) {
    return static_cast<std::uint64_t>(ceil(__dadd_rn(__dmul_rn(share, 0x1p32), -0.5)));
}

__device__ std::uint32_t toss(const philox& generator, std::uint64_t below, std::uint64_t step,
                              std::uint64_t token) {
    const uint4 w = generator.words(coin_stream, step, static_cast<std::uint32_t>(token / 4));
    const std::uint32_t word[4] = {w.x, w.y, w.z, w.w};
    return word[token % 4] < below ? 0 : 1;
}

/// Blocks (tokens, runs). Dynamic shared memory: scores (experts), counts (experts).
__global__ void __launch_bounds__(slice_threads) count_slice(const loops work, const slice part) {
    extern __shared__ double scores[];
    const std::uint32_t experts = work.experts, run = blockIdx.y;
    auto* const counts = reinterpret_cast<std::uint32_t*>(scores + (experts + 1) / 2 * 2);
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x) {
        const std::size_t at = std::size_t{run} * experts + e;
        scores[e] = __dadd_rn(work.scores[at], work.controls == nullptr ? 0 : work.controls[at]);
        counts[e] = 0;
    }
    __syncthreads();
    const run_values values = work.values[run];
    const philox generator(values.seed);
    const bool tossed = experts == 2 && work.source == tokens::none;
    const std::uint64_t step = work.first_step + *part.clock;
    const std::uint64_t below =
        tossed ? words_below(first_share(work.noise,
                                         __dmul_rn(values.beta, __dsub_rn(scores[0], scores[1]))))
               : 0;
    for (std::uint64_t t = part.from + std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
         t < part.to; t += std::uint64_t{gridDim.x} * blockDim.x) {
        const auto token = static_cast<std::uint32_t>(t);
        std::uint32_t choice = nowhere;
        if (tossed)
            choice = toss(generator, below, step, t);
        else if (experts == 2)
            choice = choose_of_two(work, generator, values.beta, scores, step, token);
        else
            choice = choose_of_many(work, generator, values.beta, scores, step, token);
        if (choice != nowhere) atomicAdd(counts + choice, 1U);
    }
    __syncthreads();
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x)
        if (counts[e] > 0) atomicAdd(part.counts + std::size_t{run} * experts + e, counts[e]);
}

/// Sum of side_of over all experts of a run.
__device__ int sides_of(const std::uint32_t* totals, const loops& work) {
    int sides = 0;
    for (std::uint32_t e = 0; e < work.experts; ++e)
        sides += side_of(__ddiv_rn(totals[e], static_cast<double>(work.tokens)), work.experts);
    return sides;
}

/// One block: all scores follow the totals, the slice's counts are cleared, the clock ticks.
__global__ void __launch_bounds__(follow_threads)
    follow_totals(const loops work, const slice part) {
    const std::uint32_t experts = work.experts, step = *part.clock;
    for (std::uint64_t i = threadIdx.x; i < std::uint64_t{work.runs} * experts; i += blockDim.x) {
        const auto run = static_cast<std::uint32_t>(i / experts);
        const auto e = static_cast<std::uint32_t>(i % experts);
        const run_values values = work.values[run];
        const step_rule rule = rule_at(work, run, step);
        double bias = work.biases[i];
        if (work.bias != nullptr) bias = e == 0 ? rule.bias / 2 : -(rule.bias / 2);
        const double load = __ddiv_rn(part.totals[i], static_cast<double>(work.tokens));
        work.scores[i] =
            follow(work.scores[i], load, rule.feedback, values.decay, values.step, bias);
        if (work.controls != nullptr) {
            const int sides = values.controller.law == gpu::law::centred_sign
                                  ? sides_of(part.totals + std::size_t{run} * experts, work)
                                  : 0;
            work.controls[i] =
                control(values.controller, values.step, work.controls[i], load, experts, sides);
        }
        work.history[(std::uint64_t{run} * work.steps + step) * experts + e] = part.totals[i];
        part.counts[i] = 0;
    }
    __syncthreads();
    if (threadIdx.x == 0) *part.clock = step + 1;
}

}  // namespace

cudaError_t launch_count_slice(const loops& work, const slice& part, cudaStream_t stream) {
    const std::uint64_t blocks = (part.to - part.from + slice_threads - 1) / slice_threads;
    const std::size_t bytes =
        (work.experts + 1) / 2 * 2 * sizeof(double) + work.experts * sizeof(std::uint32_t);
    const auto most = static_cast<std::uint64_t>(part.most_blocks);
    const dim3 grid(static_cast<unsigned>(blocks < most ? blocks : most), work.runs);
    if (blocks > 0) count_slice<<<grid, slice_threads, bytes, stream>>>(work, part);
    return cudaGetLastError();
}

cudaError_t launch_follow_totals(const loops& work, const slice& part, cudaStream_t stream) {
    follow_totals<<<1, follow_threads, 0, stream>>>(work, part);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
