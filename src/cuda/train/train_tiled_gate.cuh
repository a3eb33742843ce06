// SPDX-License-Identifier: MIT
#pragma once

// The first part of a step of train_tiled.cu: draw, gather, gate, sort.

#include "train/train_tiles.cuh"

namespace moebius::gpu {

/// Rows and labels of batch t, by one warp.
template <typename S>
__device__ void draw_batch(tiled_memory<S>& m, const training& work, const train_run& run,
                           std::uint64_t t) {
    for (int i = static_cast<int>(threadIdx.x) % 32; i < S::B; i += 32) {
        const std::uint32_t row = example(run, t, static_cast<std::uint32_t>(i));
        m.next[i] = row;
        m.label[t & 1][i] = work.labels[row];
    }
}

/// x = the batch drawn before: 4 B d bytes from the L2 cache, which holds the data.
template <typename S>
__device__ void gather(tiled_memory<S>& m, const training& work) {
    constexpr int pieces = S::d / 4;
    for (int k = static_cast<int>(threadIdx.x); k < S::B * pieces; k += S::threads) {
        const int i = k / pieces, piece = k % pieces;
        __pipeline_memcpy_async(m.x + i * S::d + 4 * (piece ^ (i & 7)),
                                work.inputs + std::size_t{m.next[i]} * S::d + 4 * piece, 16);
    }
    __pipeline_commit();
}

/// An example's half of the gate product: d E B multiply-adds in all.
template <typename S>
__device__ void add_logits(const tiled_memory<S>& m, int example, int half, float (&z)[S::E]) {
    const int place = m.place_of(example) + 2 * S::d * half;
    const float* w = m.gate + half * (S::d / 2) * S::E;
#pragma unroll
    for (int k = 0; k < S::d / 2; k += 4) {
        const vector_of<4> x(m.input_at(place ^ 4 * k));
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const vector_of<S::E> row(w + (k + j) * S::E);
#pragma unroll
            for (int e = 0; e < S::E; ++e) z[e] = fmaf(x[j], row[e], z[e]);
        }
    }
#pragma unroll
    for (int e = 0; e < S::E; ++e) z[e] += __shfl_xor_sync(~0U, z[e], 16);
}

/// Which example of the gate a thread has, and which half of the features: sixteen a warp, so that
/// half a warp reads the same weights.
struct gate_lane {
    int example, half;
    __device__ gate_lane()
        : example(static_cast<int>(threadIdx.x / 32 * 16 + threadIdx.x % 16)),
          half(static_cast<int>(threadIdx.x / 16 % 2)) {}
};

/// An example's choice, and how many before it in the warp chose the same.
struct sorting {
    int choice = -1, before = 0;
};

/// The expert with the largest z + noise.
/// @param z  (E): of a routable example
template <int E>
__device__ int noisy_choice(const train_run& run, const float (&z)[E], std::uint64_t t,
                            std::uint32_t example) {
    token_noise noise(run, t, example);
    float best = -INFINITY;
    int choice = -1;
#pragma unroll
    for (int e = 0; e < E; ++e)
        if (const float value = z[e] + noise.of(e); value > best) {
            best = value;
            choice = e;
        }
    return choice;
}

/// top_k_router::route for one expert: z = beta (logit + score), softmax, choice.
template <typename S, bool Usual>
__device__ sorting route_example(tiled_memory<S>& m, const training& work, const train_run& run,
                                 std::uint64_t t) {
    const auto [example, half] = gate_lane();
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    if (warp >= S::working_warps) {
        if (lane == 0) m.counts[warp] = 0, m.lucky[warp] = 0;
        return {};
    }
    const bool real = example < S::B;
    float z[S::E] = {};
    add_logits(m, real ? example : 0, half, z);
    row_range range;
#pragma unroll
    for (int e = 0; e < S::E; ++e) range.take(z[e] += m.gate_bias[e]);

    sorting mine;
    const bool routable = real && range.routable(), drawn = !Usual && work.gumbel && routable;
    const auto token = static_cast<std::uint32_t>(example);
    if (S::E == 2 && drawn) mine.choice = choice_of_two(run, m.scores, t, token, z[0], z[1]);
    const auto beta = static_cast<float>(run.beta);
    float p[S::E], top = -INFINITY, sum = 0;
#pragma unroll
    for (int e = 0; e < S::E; ++e) {
        z[e] = beta * (z[e] + static_cast<float>(m.scores[e]));
        if (z[e] > top) {
            top = z[e];
            if (routable && !drawn) mine.choice = e;
        }
    }
    if (S::E != 2 && drawn) mine.choice = noisy_choice(run, z, t, token);
#pragma unroll
    for (int e = 0; e < S::E; ++e) sum += p[e] = expf(z[e] - top);
    const float scale = mine.choice < 0 ? 0 : 1 / sum;
    if (real && half == 0)
#pragma unroll
        for (int e = 0; e < S::E; ++e)
            m.by_logits[example * S::E + e] = mine.choice < 0 ? 0 : p[e] * scale;

    std::uint64_t counts = 0;
#pragma unroll
    for (int e = 0; e < S::E; ++e) {
        const unsigned who = __ballot_sync(~0U, mine.choice == e && half == 0);
        counts |= std::uint64_t{static_cast<unsigned>(__popc(who))} << (8 * e);
        if (mine.choice == e) mine.before = __popc(who & ((1U << lane) - 1));
    }
    const unsigned lucky = __ballot_sync(
        ~0U, real && half == 0 && mine.choice < 0 && m.label[t & 1][real ? example : 0] == 0);
    if (lane == 0) m.counts[warp] = counts, m.lucky[warp] = __popc(lucky);
    return mine;
}

/// A stable counting sort by expert, and the experts by load.
template <typename S>
__device__ void sort_example(tiled_memory<S>& m, const sorting& mine) {
    const int warp = static_cast<int>(threadIdx.x) / 32;
    std::uint64_t all = 0, earlier = 0;
#pragma unroll
    for (int w = 0; w < S::working_warps; ++w) {
        if (w == warp) earlier = all;
        all += m.counts[w];
    }
    const expert_rows<S> rows{all};
    if (warp == S::warps - 1) {
        const int e = static_cast<int>(threadIdx.x) % 32;
        if (e == 0) m.total = all;
        if (e < S::E) m.order[rows.rank(e)] = e;
    }
    const auto [example, half] = gate_lane();
    if (mine.choice < 0 || half == 1) return;
    const int place = rows.first(mine.choice) +
                      static_cast<int>(earlier >> (8 * mine.choice) & 255) + mine.before;
    m.input[place] = m.place_of(example);
}

}  // namespace moebius::gpu
