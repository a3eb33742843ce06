// SPDX-License-Identifier: MIT
#pragma once

// The last part of a step of train_plain.cu: gradients, each summed and applied where it lives.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// by_hidden = slope (dL/dout W2^T): a tile's unit a thread.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::back() const {
    for_tiles(H_, [this](const plain_tile& tile, int h) {
        const float* const w2 = expert(tile.expert) + (d_ + 1) * H_ + h * C_;
        float sum[4] = {};
        for (int c = 0; c < C_; ++c) {
            const float w = w2[c];
#pragma unroll
            for (int r = 0; r < 4; ++r) sum[r] = fmaf(by_out()[tile.at(r) * C_ + c], w, sum[r]);
        }
        for (int r = 0; r < 4 && tile.row + r < tile.end; ++r)
            array<float>(at_.by_hidden)[(tile.row + r) * H_ + h] *= sum[r];
    });
}

/// Every parameter's gradient, and its step.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step() const {
    const descent how = descend();
    step_w1(how);
    step_rest(how);
}

/// Those of W1: four features by two units a thread.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_w1(const descent& how) const {
    const float* const by_hidden = array<float>(at_.by_hidden);
    const int fours = (d_ + 3) / 4, half = (H_ + 1) / 2;
    for (int at = thread(); at < E_ * fours * half; at += threads()) {
        const int e = at / (fours * half), k = at / half % fours * 4;
        const int h[2] = {at % half, min(at % half + half, H_ - 1)};
        const int begin = first(e), end = begin + counts()[e];
        float sum[2][4] = {};
#pragma unroll 4
        for (int row = begin; row < end; ++row) {
            const float4 x = *reinterpret_cast<const float4*>(sorted_input(row) + k);
#pragma unroll
            for (int j = 0; j < 2; ++j) {
                const float by = by_hidden[row * H_ + h[j]];
                sum[j][0] = fmaf(x.x, by, sum[j][0]);
                sum[j][1] = fmaf(x.y, by, sum[j][1]);
                sum[j][2] = fmaf(x.z, by, sum[j][2]);
                sum[j][3] = fmaf(x.w, by, sum[j][3]);
            }
        }
        const int units = h[0] + half < H_ ? 2 : 1;
#pragma unroll
        for (int j = 0; j < 2; ++j)
#pragma unroll
            for (int i = 0; i < 4; ++i)
                if (j < units && k + i < d_) move(how, place(e) + (k + i) * H_ + h[j], sum[j][i]);
    }
}

/// Those of the gate, W2 and b2, b1: a thread each, the longest sums first.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_rest(const descent& how) const {
    const int gate = (d_ + 1) * E_, outer = E_ * (H_ + 1) * C_, inner = E_ * H_;
    for (int at = thread(); at < gate + outer + inner; at += threads()) {
        if (at < gate) {
            move(how, at, along_gate(at));
        } else if (at < gate + outer) {
            const int e = (at - gate) / ((H_ + 1) * C_), hc = (at - gate) % ((H_ + 1) * C_);
            move(how, place(e) + (d_ + 1) * H_ + hc, along_w2(e, hc));
        } else {
            const int e = (at - gate - outer) / H_, h = (at - gate - outer) % H_;
            const int begin = first(e), end = begin + counts()[e];
            float sum = 0;
            for (int row = begin; row < end; ++row)
                sum += array<float>(at_.by_hidden)[row * H_ + h];
            move(how, place(e) + d_ * H_ + h, sum);
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

/// dL/d(W2, b2) of expert e, at: of (H + 1, C), the biases last.
template <bool InputsToo>
__device__ inline float plain_block<InputsToo>::along_w2(int e, int at) const {
    const int h = at / C_, begin = first(e), end = begin + counts()[e];
    const float* const by = by_out() + at % C_;
    const float* const hidden = array<float>(at_.hidden) + h;
    float sum = 0;
    if (h < H_)
        for (int row = begin; row < end; ++row) sum = fmaf(by[row * C_], hidden[row * H_], sum);
    else
        for (int row = begin; row < end; ++row) sum += by[row * C_];
    return sum;
}

}  // namespace moebius::gpu
