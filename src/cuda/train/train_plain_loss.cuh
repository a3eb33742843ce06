// SPDX-License-Identifier: MIT
#pragma once

// The losses of a step of train_plain.cu, and what they ask of outputs and logits.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// Each example's loss; by_out becomes dL/dout and by_logits dL/dlogit.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::compare() const {
#pragma unroll 1
    for (int i = thread(); i < B_; i += threads()) {
        const int label = array<std::uint8_t>(at_.label)[i];
        float& loss = array<float>(at_.losses)[i];
        std::uint8_t& right = array<std::uint8_t>(at_.hit)[i];
        if (chosen(i) == 0) {  // outputs 0: of uniform probability, in favour of class 0
            loss = w_.squared ? 1 : logf(static_cast<float>(C_));
            right = label == 0 ? 1 : 0;
            continue;
        }
        differentiate_row(i, label, loss, right);
        differentiate_gate(i);
    }
}

/// The mean loss and how many are right, by the first warp.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::sum_losses() const {
    if (warp() != 0) return;
    float loss = 0;
    int right = 0;
    for (int row = lane(); row < B_; row += 32) {
        loss += array<float>(at_.losses)[row];
        right += array<std::uint8_t>(at_.hit)[row];
    }
    for (int s = 16; s > 0; s /= 2) {
        loss += __shfl_xor_sync(~0U, loss, s);
        right += __shfl_xor_sync(~0U, right, s);
    }
    if (lane() != 0) return;
    *array<float>(at_.loss) = loss / static_cast<float>(B_);
    *array<int>(at_.right) = right;
}

/// What an example's outputs are made of: of its first expert at hand, of others to be looked up.
template <bool InputsToo>
__device__ inline auto plain_block<InputsToo>::mixture_of(int i) const -> mixture {
    const unsigned all = chosen(i);
    const std::uint32_t* const places = array<std::uint32_t>(at_.place) + i * k_;
    const float* const p = by_logits() + i * E_;
    return {p, p[__ffs(static_cast<int>(all)) - 1], by_out() + *places * w_.classes, places + 1,
            all & (all - 1)};
}

/// y_c = sum over the example's experts of p_e out_e.
template <bool InputsToo>
__device__ inline float plain_block<InputsToo>::output(const mixture& of, int c) const {
    float y = of.share * of.out[c];
    const std::uint32_t* place = of.places;
    for (unsigned rest = of.rest; rest != 0; rest &= rest - 1)
        y = fmaf(of.p[__ffs(static_cast<int>(rest)) - 1], by_out()[*place++ * w_.classes + c], y);
    return y;
}

/// The loss of y and whether the largest is the label's; rows of out become dL/dout, by_gates
/// dL/dp_e.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::differentiate_row(int i, int label, float& loss,
                                                                 std::uint8_t& right) const {
    const mixture of = mixture_of(i);
    float top = -INFINITY, sum = 0, others = 0;  // of all classes; of all but the label
    int best = 0;
#pragma unroll 1
    for (int c = 0; c < C_; ++c)
        if (const float y = output(of, c); y > top) top = y, best = c;
    right = best == label ? 1 : 0;
#pragma unroll 1
    for (int c = 0; c < C_; ++c) {
        const float y = output(of, c), miss = y - (c == label ? 1.0F : 0.0F);
        const float term = w_.squared ? miss * miss : expf(y - top);
        sum += term;
        if (c != label) others += term;
    }
    loss = w_.squared ? sum : logf(sum) - (output(of, label) - top);
    float* const by_gates = array<float>(at_.by_gates);
    const std::uint32_t first = *(of.places - 1);
    for (int j = 0; j < __popc(of.rest); ++j) by_gates[of.places[j]] = 0;
    const float mean = 1 / static_cast<float>(B_);
    float by_gate = 0;
#pragma unroll 1
    for (int c = 0; c < C_; ++c) {
        const float own = c == label ? 1.0F : 0.0F, y = output(of, c);
        const float share = (c == label ? -others : expf(y - top)) / sum;  // less own
        const float slope = mean * (w_.squared ? 2 * (y - own) : share);
        by_gate = fmaf(slope, of.out[c], by_gate);
        of.out[c] = of.share * slope;
        const std::uint32_t* place = of.places;
        for (unsigned rest = of.rest; rest != 0; rest &= rest - 1, ++place) {
            float& out = by_out()[*place * w_.classes + c];
            by_gates[*place] = fmaf(slope, out, by_gates[*place]);
            out = of.p[__ffs(static_cast<int>(rest)) - 1] * slope;
        }
    }
    by_gates[first] = by_gate;
}

/// The softmax's gates, and the balancing term of balance.hpp's switch_loss: the softmax in
/// by_logits becomes dL/dlogit.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::differentiate_gate(int i) const {
    float* const p = by_logits() + i * E_;
    const float* const by_gates = array<float>(at_.by_gates);
    const std::uint32_t* const places = array<std::uint32_t>(at_.place) + i * k_;
    float load = 0, gain = 0;
    const std::uint32_t* place = places;
#pragma unroll 1
    for (int e = 0; e < E_; ++e) {
        load = fmaf(static_cast<float>(counts()[e]), p[e], load);
        if (chosen(i) >> e & 1) gain = fmaf(by_gates[*place++], p[e], gain);
    }
    const float weight = run_.switch_loss * static_cast<float>(E_) /
                         (static_cast<float>(rows()) * static_cast<float>(routed()));
    const auto beta = static_cast<float>(run_.beta);
    place = places;
#pragma unroll 1
    for (int e = 0; e < E_; ++e) {
        const float by_gate = chosen(i) >> e & 1 ? by_gates[*place++] : 0;
        p[e] *= beta * (by_gate - gain + weight * (static_cast<float>(counts()[e]) - load));
    }
}

}  // namespace moebius::gpu
