// SPDX-License-Identifier: MIT
#pragma once

// The losses of a step of train_plain.cu, and what they ask of outputs and logits.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// Each row's loss; by_out becomes dL/dout and by_logits dL/dlogit.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::compare() const {
    for (int row = thread(); row < B_; row += plain_threads) {
        const std::uint32_t i = array<std::uint32_t>(at_.example)[row];
        const int label = array<std::uint8_t>(at_.label)[i];
        float& loss = array<float>(at_.losses)[row];
        std::uint8_t& right = array<std::uint8_t>(at_.right)[row];
        if (row >= routed()) {  // outputs 0: of uniform probability, in favour of class 0
            loss = w_.squared ? 1 : logf(static_cast<float>(C_));
            right = label == 0 ? 1 : 0;
            continue;
        }
        const int e = expert_of(row);
        float* const p = by_logits() + i * w_.experts;
        float* const out = by_out() + row * C_;
        const float by_gate = differentiate_row(out, label, p[e], loss, right);
        differentiate_gate(p, e, by_gate);
    }
}

/// The mean loss in `loss` and the right ones in the last of counts, by the first warp.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::sum_losses() const {
    if (warp() != 0) return;
    float loss = 0;
    int right = 0;
    for (int row = lane(); row < B_; row += 32) {
        loss += array<float>(at_.losses)[row];
        right += array<std::uint8_t>(at_.right)[row];
    }
    for (int s = 16; s > 0; s /= 2) {
        loss += __shfl_xor_sync(~0U, loss, s);
        right += __shfl_xor_sync(~0U, right, s);
    }
    if (lane() != 0) return;
    *array<float>(at_.loss) = loss / static_cast<float>(B_);
    counts()[E_ + 1] = right;
}

/// y = p1 out: its loss and whether the largest is the label's; out becomes dL/dout.
/// @return  dL/dp1
template <bool InputsToo>
__device__ inline float plain_block<InputsToo>::differentiate_row(float* out, int label, float p1,
                                                                  float& loss,
                                                                  std::uint8_t& right) const {
    float top = -INFINITY, sum = 0, along = 0;
    int best = 0;
    for (int c = 0; c < C_; ++c)
        if (p1 * out[c] > top) top = p1 * out[c], best = c;
    right = best == label ? 1 : 0;
    for (int c = 0; c < C_; ++c) {
        const float miss = p1 * out[c] - (c == label ? 1.0F : 0.0F);
        sum += w_.squared ? miss * miss : expf(p1 * out[c] - top);
    }
    loss = w_.squared ? sum : logf(sum) - (p1 * out[label] - top);
    const float mean = 1 / static_cast<float>(B_);
    for (int c = 0; c < C_; ++c) {
        const float own = c == label ? 1.0F : 0.0F, y = p1 * out[c];
        const float slope = w_.squared ? 2 * (y - own) : expf(y - top) / sum - own;
        along = fmaf(slope, out[c], along);
        out[c] = p1 * mean * slope;
    }
    return along * mean;
}

/// Switch's gate, and the balancing term of balance.hpp's switch_loss.
/// @param p  (E): the softmax, becomes dL/dlogit
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::differentiate_gate(float* p, int expert,
                                                                  float by_gate) const {
    float mean = 0;
    for (int e = 0; e < E_; ++e) mean = fmaf(static_cast<float>(counts()[e]), p[e], mean);
    const auto all = static_cast<float>(routed());
    const float weight = run_.switch_loss * static_cast<float>(E_) / (all * all);
    const auto beta = static_cast<float>(run_.beta);
    const float p1 = p[expert];
    for (int e = 0; e < E_; ++e) {
        const float balance = weight * (static_cast<float>(counts()[e]) - mean);
        p[e] = beta * (by_gate * p1 * ((e == expert ? 1.0F : 0.0F) - p[e]) + p[e] * balance);
    }
}

}  // namespace moebius::gpu
