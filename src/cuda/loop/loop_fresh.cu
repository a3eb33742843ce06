// SPDX-License-Identifier: MIT
//
// Fresh tokens: normal_tokens of simulate/token_source.hpp through a linear gate, no noise. Per
// step closed_loop::route_batch: draw T x d features, multiply with the gate, take the largest
// score.
//
// No byte of a token is ever stored. Operations a feature: 5.6 for its share of a Philox block, 22
// for the normal, E for the gate; that is 38 issue slots for E = 8, 4.9 us a step for 65536 tokens
// of d = 64 on 132 multiprocessors (measured: 7.8, data/results/h200-loops.txt). The draws of a
// step do not need the scores, so they run while the counts of the step before travel.
//
// Logits are summed in fp32. Where the best two are nearer than their error bound, a warp draws
// the token again and sums in double: all choices are those of the CPU.
#include <moebius/base/coarse_normal.hpp>

#include <cuda_bf16.h>

#include "control.cuh"
#include "follow.cuh"
#include "loop/meeting.cuh"
#include "loop/start.cuh"
#include "philox.cuh"

namespace moebius::gpu {
namespace {

constexpr std::uint32_t fresh_threads = 512;  // of a block, and a warp that exchanges
constexpr unsigned all_lanes = 0xffffffffU;
using fresh_meeting = meeting<fresh_threads + 32>;

/// What the warps of a block share; EP experts, those behind the last never win.
template <int EP>
struct board {
    double exact[EP];  ///< scores
    float scores[EP], margin;
    std::uint32_t counts[2][EP];  ///< of even and odd steps
};

/// Features 2i and 2i + 1 of the batch's tokens.
__device__ float2 rounded_pair(std::uint32_t word) {
    const auto [a, b] = coarse_normals(word);
    return __bfloat1622float2(__floats2bfloat162_rn(a, b));
}

__device__ std::uint32_t feature_block(std::uint32_t j) { return feature_stream + (j << 8); }

/// logits (EP) of a token; gate (width in eights, EP).
template <int EP>
__device__ void gate_token(const float* gate, std::uint32_t eights, const philox& generator,
                           std::uint64_t step, std::uint32_t token, float (&logits)[EP]) {
#pragma unroll
    for (float& logit : logits) logit = 0;
    for (std::uint32_t j = 0; j < eights; ++j) {
        const uint4 words = generator.words(feature_block(j), step, token);
        const std::uint32_t word[4] = {words.x, words.y, words.z, words.w};
        float part[EP] = {};  // short sums keep the error bound small
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            const float2 x = rounded_pair(word[k]);
            const float* row = gate + (8 * j + 2 * k) * EP;
#pragma unroll
            for (int e = 0; e < EP; ++e)
                part[e] = fmaf(x.y, row[EP + e], fmaf(x.x, row[e], part[e]));
        }
#pragma unroll
        for (int e = 0; e < EP; ++e) logits[e] += part[e];
    }
}

/// The choice of one token in double, by a whole warp.
template <int EP>
__device__ std::uint32_t choose_exactly(const loops& work, const float* gate,
                                        const philox& generator, const board<EP>& now,
                                        std::uint64_t step, std::uint32_t token) {
    const std::uint32_t lane = threadIdx.x % 32, pairs = (work.features + 1) / 2;
    double logits[EP] = {};
    for (std::uint32_t i = lane; i < pairs; i += 32) {
        const uint4 w = generator.words(feature_block(i / 4), step, token);
        const std::uint32_t word[4] = {w.x, w.y, w.z, w.w};
        const float2 x = rounded_pair(word[i % 4]);
        for (int e = 0; e < EP; ++e)
            logits[e] +=
                double{x.x} * gate[2 * i * EP + e] + double{x.y} * gate[(2 * i + 1) * EP + e];
    }
    std::uint32_t choice = 0;
    double best = -INFINITY;
    for (int e = 0; e < EP; ++e) {
        for (int far = 16; far > 0; far /= 2)
            logits[e] += __shfl_xor_sync(all_lanes, logits[e], far);
        if (const double z = logits[e] + now.exact[e]; z > best) {
            best = z;
            choice = e;
        }
    }
    return choice;
}

/// The largest of logits + scores, and by how much it leads.
template <int EP>
__device__ std::uint32_t choose(const float (&logits)[EP], const board<EP>& now, float& lead) {
    std::uint32_t choice = 0;
    float best = logits[0] + now.scores[0], second = -INFINITY;
#pragma unroll
    for (int e = 1; e < EP; ++e) {
        const float z = logits[e] + now.scores[e];
        second = fmaxf(second, fminf(z, best));
        if (z > best) choice = e;
        best = fmaxf(best, z);
    }
    lead = best - second;
    return choice;
}

/// The warp that exchanges: sums the counts of all blocks and follows the scores.
template <int EP>
__device__ void follow_scores(const loops& work, board<EP>& now) {
    const std::uint32_t lane = threadIdx.x % 32, experts = work.experts;
    const bool mine = lane < experts;
    auto* const totals = reinterpret_cast<std::uint32_t*>(work.mailbox + 1);
    double of_rule = mine ? work.scores[lane] : 0;
    double of_control = mine && work.controls != nullptr ? work.controls[lane] : 0;
    const run_values values = work.values[0];
    for (std::uint32_t step = 0; step < work.steps; ++step) {
        const double score = __dadd_rn(of_rule, of_control);
        float largest = static_cast<float>(fabs(score));
        for (int far = 16; far > 0; far /= 2)
            largest = fmaxf(largest, __shfl_xor_sync(all_lanes, largest, far));
        if (lane < EP) {
            now.exact[lane] = mine ? score : -INFINITY;
            now.scores[lane] = static_cast<float>(now.exact[lane]);
        }
        if (lane == 0) now.margin = 2 * work.logit_error + 0x1p-21F * largest;
        __syncwarp();
        fresh_meeting::at_scores();
        const step_rule rule = rule_at(work, 0, step);
        fresh_meeting::at_counts();
        std::uint32_t* const total = totals + step % 3 * experts + lane;
        if (mine) {
            atomicAdd(total, now.counts[step & 1][lane]);
            now.counts[step & 1][lane] = 0;
        }
        arrive_on_grid(work.mailbox, std::uint64_t{step + 1} * gridDim.x);
        const std::uint32_t count = mine ? __ldcg(total) : 0;
        const double load = __ddiv_rn(count, static_cast<double>(work.tokens));
        const int sides = __reduce_add_sync(all_lanes, mine ? side_of(load, experts) : 0);
        if (mine) {
            const double bias = work.bias == nullptr ? work.biases[lane]
                                                     : (lane == 0 ? rule.bias / 2 : -rule.bias / 2);
            of_rule = follow(of_rule, load, rule.feedback, values.decay, values.step, bias);
            of_control = control(values.controller, values.step, of_control, load, experts, sides);
            if (blockIdx.x == 0) {
                totals[(step + 2) % 3 * experts + lane] = 0;  // all have read it: they are here
                work.history[std::uint64_t{step} * experts + lane] = count;
            }
        }
    }
    if (!mine || blockIdx.x != 0) return;
    work.scores[lane] = of_rule;
    if (work.controls != nullptr) work.controls[lane] = of_control;
}

/// The other warps: draw tokens, wait for the scores, choose and count.
template <int EP>
__device__ void count_tokens(const loops& work, const float* gate, board<EP>& now) {
    const philox generator(work.values[0].seed);
    const std::uint32_t lane = threadIdx.x % 32, eights = (work.features + 7) / 8;
    const std::uint64_t first = std::uint64_t{blockIdx.x} * fresh_threads + threadIdx.x - lane;
    const std::uint64_t stride = std::uint64_t{gridDim.x} * fresh_threads;
    for (std::uint32_t step = 0; step < work.steps; ++step) {
        const std::uint64_t batch = work.first_step + step;
        float logits[EP];
        const auto draw = [&](std::uint64_t t) {
            gate_token(gate, eights, generator, batch, static_cast<std::uint32_t>(t + lane),
                       logits);
        };
        if (first < work.tokens) draw(first);
        fresh_meeting::at_scores();
        std::uint32_t count = 0;
        for (std::uint64_t t = first; t < work.tokens; t += stride) {
            if (t != first) draw(t);
            float lead = 0;
            std::uint32_t choice = choose(logits, now, lead);
            const bool real = t + lane < work.tokens;
            for (unsigned near = __ballot_sync(all_lanes, real && !(lead > now.margin)); near != 0;
                 near &= near - 1) {
                const auto which = static_cast<std::uint32_t>(__ffs(near) - 1);
                const auto exact = choose_exactly(work, gate, generator, now, batch,
                                                  static_cast<std::uint32_t>(t + which));
                if (lane == which) choice = exact;
            }
#pragma unroll
            for (std::uint32_t e = 0; e < EP; ++e) {
                const unsigned chosen = __ballot_sync(all_lanes, real && choice == e);
                if (lane == e) count += __popc(chosen);
            }
        }
        if (lane < EP) atomicAdd(&now.counts[step & 1][lane], count);
        __syncwarp();
        fresh_meeting::at_counts();
    }
}

template <int EP>
__global__ void __launch_bounds__(fresh_threads + 32) fresh(const loops work) {
    extern __shared__ float4 memory[];
    auto* const gate = reinterpret_cast<float*>(memory);
    __shared__ board<EP> now;
    const std::uint32_t rows = (work.features + 7) / 8 * 8;
    for (std::uint32_t i = threadIdx.x; i < rows * EP; i += blockDim.x) {
        const std::uint32_t feature = i / EP, e = i % EP;
        gate[i] = feature < work.features && e < work.experts
                      ? work.gate[e * work.features + feature]
                      : 0;
    }
    if (threadIdx.x < 2 * EP) now.counts[threadIdx.x / EP][threadIdx.x % EP] = 0;
    __syncthreads();
    if (threadIdx.x >= fresh_threads)
        follow_scores(work, now);
    else
        count_tokens(work, gate, now);
}

template <int EP>
cudaError_t start_fresh(const loops& work, std::uint32_t blocks) {
    const std::size_t bytes = std::size_t{(work.features + 7) / 8 * 8} * EP * sizeof(float);
    return start_on_grid(fresh<EP>, work, {true, blocks, 0}, fresh_threads + 32, bytes);
}

}  // namespace

cudaError_t launch_fresh(const loops& work, std::uint32_t blocks) {
    if (work.experts <= 2) return start_fresh<2>(work, blocks);
    if (work.experts <= 8) return start_fresh<8>(work, blocks);
    return start_fresh<16>(work, blocks);
}

}  // namespace moebius::gpu
