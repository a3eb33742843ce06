// SPDX-License-Identifier: MIT
#pragma once

// The last part of a step of train_tiled.cu: gradients, each summed and applied where it lives.

#include "train/train_tiles.cuh"

namespace moebius::gpu {

struct batch_result {
    float loss;  ///< mean over the batch
    int right;
};

/// An unrouted example has outputs 0: of uniform probability, and in favour of class 0.
template <typename S>
__device__ batch_result batch_loss(const tiled_memory<S>& m, const expert_rows<S>& rows,
                                   bool squared) {
    batch_result sum{0, 0};
#pragma unroll
    for (int w = 0; w < S::warps; ++w) {
        sum.loss += m.loss[w];
        sum.right += m.right[w] + m.lucky[w];
    }
    const auto unrouted = static_cast<float>(S::B - rows.routed());
    if (unrouted > 0) sum.loss += unrouted * (squared ? 1 : logf(S::C));
    sum.loss /= S::B;
    return sum;
}

/// Tasks go to whichever warp is free: what a task gives does not depend on the warp.
template <typename S>
__device__ int next_task(tiled_memory<S>& m, int lane) {
    int task = 0;
    if (lane == 0) task = atomicAdd(&m.ticket, 1);
    return __shfl_sync(~0U, task, 0);
}

/// Where in the flat parameters an expert's maps begin.
template <typename S>
struct expert_places {
    static constexpr int maps = S::d * S::H + S::H + S::H * S::C + S::C;
    static constexpr int gate = S::d * S::E + S::E;
    static_assert(maps % 2 == 0 && gate % 2 == 0, "descent::read takes pairs");
    std::uint32_t w1, b1, w2, b2;
    __device__ explicit expert_places(int e)
        : w1(S::d * S::E + S::E + e * (S::d * S::H + S::H + S::H * S::C + S::C)),
          b1(w1 + S::d * S::H),
          w2(b1 + S::H),
          b2(w2 + S::H * S::C) {}
};

/// A strip of W1 -= of X^T dL/dhidden: two pieces of four features and their like half of the
/// features on, all units. d H multiply-adds in all for each row of the expert, three 16-byte loads
/// for 32 of them. Half a warp has the even rows, half the odd ones; then each adds the other's
/// sums of one of its two pieces.
template <typename S>
__device__ void descend_w1(tiled_memory<S>& m, int e, const expert_rows<S>& rows,
                           const descent& descend, int strip, int lane) {
    static_assert(S::strips == 4 && S::d == 64);
    const tile_lane place(lane);
    const int half = lane / 16, piece = 2 * strip + place.tile % 2 + 8 * half;
    const int begin = rows.first(e), count = rows.count(e);
    float g[2][4][4] = {};
    const auto add = [&](int row) {
        const int input = m.input[row] ^ 16 * piece;
        const vector_of<4> by(m.by_hidden + row * S::H + 4 * place.column);
#pragma unroll
        for (int q = 0; q < 2; ++q) {
            const vector_of<4> in(m.input_at(input ^ 128 * q));
#pragma unroll
            for (int i = 0; i < 4; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) g[q][i][j] = fmaf(in[i], by[j], g[q][i][j]);
        }
    };
#pragma unroll 2
    for (int pair = 0; pair < count / 2; ++pair) add(begin + 2 * pair + half);
    if (count % 2 == 1 && half == 0) add(begin + count - 1);
    __syncwarp();

    float* const w1 = m.experts[e].w1;
    const std::uint32_t flat = expert_places<S>(e).w1 + 4 * piece * S::H + 4 * place.column;
    descent::moments<4> was[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) was[i] = descend.read<4>(flat + i * S::H);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        float* const row = w1 + m.w1_at(4 * piece + i, 4 * place.column);
        vector_of<4> w(row);
#pragma unroll
        for (int j = 0; j < 4; ++j) g[0][i][j] += __shfl_xor_sync(~0U, g[1][i][j], 16);
        descend.step(w.v, g[0][i], was[i], flat + i * S::H);
        store_four(row, w.v);
    }
}

/// The rest of an expert: W2 -= of hidden^T dL/dout, a lane for each unit, and both biases.
/// H C multiply-adds for each row.
template <typename S>
__device__ void descend_rest(tiled_memory<S>& m, int e, const expert_rows<S>& rows,
                             const descent& descend, int lane) {
    static_assert(S::H == 32);
    const int begin = rows.first(e), end = begin + rows.count(e);
    auto& expert = m.experts[e];
    const expert_places<S> flat(e);
    float by_w2[S::C] = {}, by_b1 = 0;
#pragma unroll 4
    for (int row = begin; row < end; ++row) {
        const float a = m.hidden[m.hidden_at(row, lane)];
        const vector_of<S::C> by(m.by_out + row * S::C);
#pragma unroll
        for (int c = 0; c < S::C; ++c) by_w2[c] = fmaf(a, by[c], by_w2[c]);
        by_b1 += m.by_hidden[row * S::H + lane];
    }
    const auto was = descend.read<S::C>(flat.w2 + lane * S::C);
    const auto was_b1 = descend.read<1>(flat.b1 + lane);
    float w2[S::C];
#pragma unroll
    for (int c = 0; c < S::C; ++c) w2[c] = expert.w2[m.w2_at(c, lane)];
    descend.step(w2, by_w2, was, flat.w2 + lane * S::C);
#pragma unroll
    for (int c = 0; c < S::C; ++c) expert.w2[m.w2_at(c, lane)] = w2[c];
    descend.step(expert.b1[lane], by_b1, was_b1, flat.b1 + lane);
    constexpr int teams = 32 / S::C;
    float by_b2 = 0;
    if (lane < teams * S::C)
        for (int row = begin + lane / S::C; row < end; row += teams)
            by_b2 += m.by_out[row * S::C + lane % S::C];
    float sum = 0;
#pragma unroll
    for (int k = 0; k < teams; ++k) sum += __shfl_sync(~0U, by_b2, lane % S::C + k * S::C);
    if (lane < S::C)
        descend.step(expert.b2[lane], sum, descend.read<1>(flat.b2 + lane), flat.b2 + lane);
}

/// The gate: x^T dL/dlogits by one warp: a lane has four features and all experts, of every second
/// example; d E B multiply-adds in all.
template <typename S>
__device__ void descend_gate(tiled_memory<S>& m, const descent& descend, int lane) {
    static_assert(S::d == 64);
    const int piece = lane % 16, team = lane / 16, from = 4 * piece;
    float g[4][S::E] = {}, by_bias[S::E] = {};
#pragma unroll 4
    for (int i = team; i < S::B; i += 2) {
        const vector_of<4> in(m.input_at(m.place_of(i) ^ 16 * piece));
        const vector_of<S::E> by(m.by_logits + i * S::E);
#pragma unroll
        for (int e = 0; e < S::E; ++e) {
#pragma unroll
            for (int k = 0; k < 4; ++k) g[k][e] = fmaf(in[k], by[e], g[k][e]);
            by_bias[e] += by[e];
        }
    }
#pragma unroll
    for (int e = 0; e < S::E; ++e) {
#pragma unroll
        for (int k = 0; k < 4; ++k) g[k][e] += __shfl_xor_sync(~0U, g[k][e], 16);
        by_bias[e] += __shfl_xor_sync(~0U, by_bias[e], 16);
    }
    if (lane < S::E) {
        float sum = 0;
#pragma unroll
        for (int e = 0; e < S::E; ++e) sum = e == lane ? by_bias[e] : sum;
        const int at = S::d * S::E + lane;
        descend.step(m.gate_bias[lane], sum, descend.read<1>(at), at);
    }
    if (team == 1) return;
    descent::moments<S::E> was[4];
#pragma unroll
    for (int k = 0; k < 4; ++k) was[k] = descend.read<S::E>((from + k) * S::E);
#pragma unroll
    for (int k = 0; k < 4; ++k) {
        const int at = (from + k) * S::E;
        vector_of<S::E> w(m.gate + at);
        descend.step(w.v, g[k], was[k], at);
#pragma unroll
        for (int e = 0; e < S::E; ++e) m.gate[at + e] = w[e];
    }
}

}  // namespace moebius::gpu
