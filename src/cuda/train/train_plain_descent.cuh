// SPDX-License-Identifier: MIT
#pragma once

// The last part of a step of train_plain.cu: gradients, each summed and applied where it lives.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// by_hidden = slope (dL/dout W2^T): a tile's two units a thread.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::back() const {
    for_tiles<tile_rows>(half(), [this](const plain_tile& tile, int first) {
        const float* const w2 = expert(tile.expert) + (d_ + 1) * H_;
        const int units[tile_units] = {first, min(first + half(), H_ - 1)};
        float sum[tile_rows][tile_units] = {};
        for (int c = 0; c < C_; ++c) {
            const float w[tile_units] = {w2[units[0] * C_ + c], w2[units[1] * C_ + c]};
#pragma unroll
            for (int r = 0; r < tile_rows; ++r) {
                const float by = by_out()[tile.at(r) * C_ + c];
                for (int u = 0; u < tile_units; ++u) sum[r][u] = fmaf(by, w[u], sum[r][u]);
            }
        }
        const int there = first + half() < H_ ? 2 : 1;
#pragma unroll
        for (int r = 0; r < tile_rows; ++r)
            for (int u = 0; u < tile_units; ++u)
                if (u < there && tile.has(r)) by_hidden(tile.row + r)[units[u]] *= sum[r][u];
    });
}

/// Every parameter's gradient, and its step.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step() const {
    const descent how = descend();
    step_w1(how);
    step_w2(how);
    step_rest(how);
}

/// Those of W1: eight features by two units a thread.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_w1(const descent& how) const {
    const int eights = (d_ + 7) / 8, last = static_cast<int>(w_.input_stride) - 4;
    for (int at = thread(); at < E_ * eights * half(); at += threads()) {
        const int e = at / (eights * half()), k = at / half() % eights * 8;
        const int h[2] = {at % half(), min(at % half() + half(), H_ - 1)};
        const int begin = first(e), end = begin + counts()[e];
        float sum[2][8] = {};
#pragma unroll 4
        for (int row = begin; row < end; ++row) {
            const float* const x = sorted_input(row);
            const float4 low = *reinterpret_cast<const float4*>(x + k);
            const float4 high = *reinterpret_cast<const float4*>(x + min(k + 4, last));
            const float in[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
            for (int u = 0; u < 2; ++u) {
                const float by = by_hidden(row)[h[u]];
#pragma unroll
                for (int i = 0; i < 8; ++i) sum[u][i] = fmaf(in[i], by, sum[u][i]);
            }
        }
        const int units = h[0] + half() < H_ ? 2 : 1;
#pragma unroll
        for (int u = 0; u < 2; ++u)
#pragma unroll
            for (int i = 0; i < 8; ++i)
                if (u < units && k + i < d_) move(how, place(e) + (k + i) * H_ + h[u], sum[u][i]);
    }
}

/// Those of W2: four classes by two units a thread.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_w2(const descent& how) const {
    const int fours = (C_ + 3) / 4;
    for (int at = thread(); at < E_ * fours * half(); at += threads()) {
        const int e = at / (fours * half()), c = at / half() % fours * 4;
        const int h[2] = {at % half(), min(at % half() + half(), H_ - 1)};
        const int begin = first(e), end = begin + counts()[e];
        float sum[2][4] = {};
#pragma unroll 4
        for (int row = begin; row < end; ++row) {
            const float in[2] = {hidden(row)[h[0]], hidden(row)[h[1]]};
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                const float by = by_out()[row * C_ + min(c + i, C_ - 1)];
                for (int u = 0; u < 2; ++u) sum[u][i] = fmaf(in[u], by, sum[u][i]);
            }
        }
        const int units = h[0] + half() < H_ ? 2 : 1;
#pragma unroll
        for (int u = 0; u < 2; ++u)
            for (int i = 0; i < 4; ++i)
                if (u < units && c + i < C_)
                    move(how, place(e) + (d_ + 1) * H_ + h[u] * C_ + c + i, sum[u][i]);
    }
}

/// Those of the gate, b1 and b2: a thread each, the longest sums first.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_rest(const descent& how) const {
    const int gate = (d_ + 1) * E_, each = H_ + C_;
    for (int at = thread(); at < gate + E_ * each; at += threads()) {
        if (at < gate) {
            move(how, at, along_gate(at));
            continue;
        }
        const int e = (at - gate) / each, column = (at - gate) % each;
        const int begin = first(e), end = begin + counts()[e];
        float sum = 0;
        if (column < H_) {
            for (int row = begin; row < end; ++row) sum += by_hidden(row)[column];
            move(how, place(e) + d_ * H_ + column, sum);
        } else {
            for (int row = begin; row < end; ++row) sum += by_out()[row * C_ + column - H_];
            move(how, place(e) + (d_ + 1) * H_ + H_ * C_ + column - H_, sum);
        }
    }
}

/// dL/d(gate), at: of (d + 1, E), the biases last.
template <bool InputsToo>
__device__ inline float plain_block<InputsToo>::along_gate(int at) const {
    const int k = at / E_;
    const float* const by = by_logits() + at % E_;
    float sum = 0;
    if (k < d_)
        for (int i = 0; i < B_; ++i) sum = fmaf(by[i * E_], input(i)[k], sum);
    else
        for (int i = 0; i < B_; ++i) sum += by[i * E_];
    return sum;
}

}  // namespace moebius::gpu
