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

/// Where moments are while a block trains: W1 of all experts first, so that a lane's four lie in
/// one access; then the gate and the rest of each expert, W2 in pairs of classes, (C / 2, H, 2).
template <typename S>
struct moment_places {
    static constexpr int w1 = S::d * S::H, gate = S::d * S::E + S::E;
    static constexpr int rest = S::H + S::H * S::C + S::C, all = gate + S::E * (w1 + rest);
    static constexpr int wide = all % 4 == 0 ? 4 : 2;  ///< of an access to W1's
    static_assert(w1 % 4 == 0 && rest % 2 == 0 && gate % 2 == 0 && all % 2 == 0);

    __device__ static int of_w1(int e) { return e * w1; }
    static constexpr int of_gate = S::E * w1;
    __device__ static int of_b1(int e) { return of_gate + gate + e * rest; }
    __device__ static int of_w2(int e) { return of_b1(e) + S::H; }
    __device__ static int of_b2(int e) { return of_w2(e) + S::H * S::C; }
    /// Of parameter number `at`, in the order of training.
    __device__ static int of(int at) {
        if (at < gate) return of_gate + at;
        const int e = (at - gate) / (w1 + rest), i = (at - gate) % (w1 + rest);
        if (i < w1) return of_w1(e) + i;
        if (i < w1 + S::H || i >= w1 + S::H + S::H * S::C) return of_b1(e) + i - w1;
        const int unit = (i - w1 - S::H) / S::C, c = (i - w1 - S::H) % S::C;
        return of_w2(e) + (c / 2 * S::H + unit) * 2 + c % 2;
    }
};

/// Moments of a run change places, by way of the block's memory: to moment_places or back.
template <typename S>
__device__ void move_moments(const training& work, std::uint32_t run, float* memory, bool back) {
    using places = moment_places<S>;
    for (std::uint32_t j = 0; j < work.moment_count; ++j) {
        float* const moments =
            work.moments + (run * work.moment_count + j) * std::size_t{places::all};
        __syncthreads();
        for (int i = static_cast<int>(threadIdx.x); i < places::all; i += S::threads)
            memory[back ? i : places::of(i)] = moments[i];
        __syncthreads();
        for (int i = static_cast<int>(threadIdx.x); i < places::all; i += S::threads)
            moments[i] = memory[back ? places::of(i) : i];
    }
    __syncthreads();
}

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
    using places = moment_places<S>;
    const int flat = places::of_w1(e) + 4 * piece * S::H + 4 * place.column;
    descent::moments<4> was[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) was[i] = descend.read<4, places::wide>(flat + i * S::H);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        float* const row = w1 + m.w1_at(4 * piece + i, 4 * place.column);
        vector_of<4> w(row);
#pragma unroll
        for (int j = 0; j < 4; ++j) g[0][i][j] += __shfl_xor_sync(~0U, g[1][i][j], 16);
        descend.step<4, places::wide>(w.v, g[0][i], was[i], flat + i * S::H);
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
    using places = moment_places<S>;
    constexpr int apart = 2 * S::H;
    const int of_w2 = places::of_w2(e) + 2 * lane, of_b1 = places::of_b1(e) + lane;
    float by_w2[S::C] = {}, by_b1 = 0;
#pragma unroll 4
    for (int row = begin; row < end; ++row) {
        const float a = m.hidden[m.hidden_at(row, lane)];
        const vector_of<S::C> by(m.by_out + row * S::C);
#pragma unroll
        for (int c = 0; c < S::C; ++c) by_w2[c] = fmaf(a, by[c], by_w2[c]);
        by_b1 += m.by_hidden[row * S::H + lane];
    }
    const auto was = descend.read<S::C, 2, apart>(of_w2);
    const auto was_b1 = descend.read<1>(of_b1);
    float w2[S::C];
#pragma unroll
    for (int c = 0; c < S::C; ++c) w2[c] = expert.w2[m.w2_at(c, lane)];
    descend.step<S::C, 2, apart>(w2, by_w2, was, of_w2);
#pragma unroll
    for (int c = 0; c < S::C; ++c) expert.w2[m.w2_at(c, lane)] = w2[c];
    descend.step(expert.b1[lane], by_b1, was_b1, of_b1);
    constexpr int teams = 32 / S::C;
    float by_b2 = 0;
    if (lane < teams * S::C)
        for (int row = begin + lane / S::C; row < end; row += teams)
            by_b2 += m.by_out[row * S::C + lane % S::C];
    float sum = 0;
#pragma unroll
    for (int k = 0; k < teams; ++k) sum += __shfl_sync(~0U, by_b2, lane % S::C + k * S::C);
    const int of_b2 = places::of_b2(e) + lane;
    if (lane < S::C) descend.step(expert.b2[lane], sum, descend.read<1>(of_b2), of_b2);
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
        const int at = moment_places<S>::of_gate + S::d * S::E + lane;
        descend.step(m.gate_bias[lane], sum, descend.read<1>(at), at);
    }
    if (team == 1) return;
    descent::moments<S::E> was[4];
#pragma unroll
    for (int k = 0; k < 4; ++k)
        was[k] = descend.read<S::E>(moment_places<S>::of_gate + (from + k) * S::E);
#pragma unroll
    for (int k = 0; k < 4; ++k) {
        const int at = (from + k) * S::E;
        vector_of<S::E> w(m.gate + at);
        descend.step(w.v, g[k], was[k], moment_places<S>::of_gate + at);
#pragma unroll
        for (int e = 0; e < S::E; ++e) m.gate[at + e] = w[e];
    }
}

}  // namespace moebius::gpu
