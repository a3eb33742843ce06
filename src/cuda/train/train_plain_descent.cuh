// SPDX-License-Identifier: MIT
#pragma once

// The last part of a step of train_plain.cu: gradients, each summed and applied where it lives.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// by_hidden = slope (dL/dout W2^T).
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::back() const {
    for (int at = thread(); at < routed() * H_; at += plain_threads) {
        const int row = at / H_, h = at % H_;
        const float* const w2 = expert(expert_of(row)) + d_ * H_ + H_ + h * C_;
        float sum = 0;
        for (int c = 0; c < C_; ++c) sum = fmaf(by_out()[row * C_ + c], w2[c], sum);
        array<float>(at_.by_hidden)[at] *= sum;
    }
}

/// Every parameter's gradient, and its step: a thread each, four of a column of W1.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step() const {
    const descent& how = descend();
    const auto move = [&](int at, float g) {
        const auto flat = static_cast<std::uint32_t>(at);
        how.step(parameters()[at], g, how.read<1>(flat), flat);
    };
    for (int at = thread(); at < (d_ + 1) * E_; at += plain_threads) {
        float sum = 0;
        for (int i = 0; i < B_; ++i)
            sum = fmaf(by_logits()[i * E_ + at % E_], at < d_ * E_ ? input(i)[at / E_] : 1, sum);
        move(at, sum);
    }
    const int fours = (d_ + 3) / 4;
    for (int at = thread(); at < E_ * fours * H_; at += plain_threads) {
        const int e = at / (fours * H_), k = at / H_ % fours * 4, h = at % H_;
        float sum[4] = {};
        for (int row = first(e); row < first(e) + counts()[e]; ++row) {
            const float by = array<float>(at_.by_hidden)[row * H_ + h];
            const float4 x = *reinterpret_cast<const float4*>(sorted_input(row) + k);
            sum[0] = fmaf(x.x, by, sum[0]);
            sum[1] = fmaf(x.y, by, sum[1]);
            sum[2] = fmaf(x.z, by, sum[2]);
            sum[3] = fmaf(x.w, by, sum[3]);
        }
#pragma unroll
        for (int i = 0; i < 4; ++i)
            if (k + i < d_) move(place(e) + (k + i) * H_ + h, sum[i]);
    }
    for (int at = thread(); at < E_ * (H_ + 1) * C_; at += plain_threads) {  // W2 and b2
        const int e = at / ((H_ + 1) * C_), h = at / C_ % (H_ + 1), c = at % C_;
        float sum = 0;
        for (int row = first(e); row < first(e) + counts()[e]; ++row)
            sum = fmaf(by_out()[row * C_ + c], h < H_ ? array<float>(at_.hidden)[row * H_ + h] : 1,
                       sum);
        move(place(e) + d_ * H_ + H_ + h * C_ + c, sum);
    }
    for (int at = thread(); at < E_ * H_; at += plain_threads) {  // b1
        const int e = at / H_, h = at % H_;
        float sum = 0;
        for (int row = first(e); row < first(e) + counts()[e]; ++row)
            sum += array<float>(at_.by_hidden)[row * H_ + h];
        move(place(e) + d_ * H_ + h, sum);
    }
}

}  // namespace moebius::gpu
