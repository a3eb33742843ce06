// SPDX-License-Identifier: MIT
#pragma once

// The losses of a step of train_plain_kernel.cuh, and what they ask of outputs and logits.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// Each example's loss; by_out becomes dL/dout and by_logits dL/dlogit. Four lanes an example.
template <typename Of>
__device__ inline void plain_block<Of>::compare() const {
    const quad lanes(lane());
    for_all(4 * B_, [&, this](int at) {
        const int i = at / 4;
        if (i >= B_) return;
        if (chosen(i) != 0) {
            differentiate_row(i, lanes);
            lanes.sync();  // all have read the shares
            if (lanes.part == 0) differentiate_gate(i);
        } else if (lanes.part == 0) {  // outputs 0: of uniform probability, in favour of class 0
            array<float>(at_.losses)[i] = squared_ ? 1 : logf(static_cast<float>(C_));
            array<std::uint8_t>(at_.hit)[i] = array<std::uint8_t>(at_.label)[i] == 0 ? 1 : 0;
        }
    });
}

/// The mean loss and how many are right, by the first warp.
template <typename Of>
__device__ inline void plain_block<Of>::sum_losses() const {
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
template <typename Of>
__device__ inline auto plain_block<Of>::mixture_of(int i) const -> mixture {
    const unsigned all = chosen(i);
    const std::uint32_t* const places = array<std::uint32_t>(at_.place) + i * k_;
    const float* const p = by_logits(i);
    return {p, p[__ffs(static_cast<int>(all)) - 1], by_out(static_cast<int>(*places)), places + 1,
            all & (all - 1)};
}

/// y_c = sum over the example's experts of p_e out_e.
template <typename Of>
__device__ inline float plain_block<Of>::output(const mixture& of, int c) const {
    float y = of.share * of.out[c];
    if (k_ == 1) return y;
    const std::uint32_t* place = of.places;
    for (unsigned rest = of.rest; rest != 0; rest &= rest - 1)
        y = fmaf(of.p[__ffs(static_cast<int>(rest)) - 1], by_out(static_cast<int>(*place++))[c], y);
    return y;
}

/// The loss of y and whether the largest is the label's; rows of out become dL/dout, by_gates
/// dL/dp_e.
template <typename Of>
__device__ inline void plain_block<Of>::differentiate_row(int i, const quad& lanes) const {
    const mixture of = mixture_of(i);
    const int label = array<std::uint8_t>(at_.label)[i];
    float top = -INFINITY, sum = 0, others = 0;  // of all classes; of all but the label
    int best = 0;
    for_classes(lanes, [&, this](int c) {
        if (const float y = output(of, c); y > top) top = y, best = c;
    });
    lanes.take_largest(top, best);
    for_classes(lanes, [&, this](int c) {
        const float y = output(of, c), miss = y - (c == label ? 1.0F : 0.0F);
        const float term = squared_ ? miss * miss : expf(y - top);
        sum += term;
        if (c != label) others += term;
    });
    sum = lanes.sum(sum), others = lanes.sum(others);
    if (lanes.part == 0) {
        array<float>(at_.losses)[i] = squared_ ? sum : logf(sum) - (output(of, label) - top);
        array<std::uint8_t>(at_.hit)[i] = best == label ? 1 : 0;
    }
    lanes.sync();  // the label's output has been read
    differentiate_classes(of, lanes, label, top, sum, others);
}

template <typename Of>
__device__ inline void plain_block<Of>::differentiate_classes(const mixture& of, const quad& lanes,
                                                              int label, float top, float sum,
                                                              float others) const {
    const float mean = 1 / static_cast<float>(B_);
    float* const by_gates = array<float>(at_.by_gates);
    float by_gate = 0;
    for_classes(lanes, [&, this](int c) {
        const float own = c == label ? 1.0F : 0.0F, y = output(of, c);
        const float share = (c == label ? -others : expf(y - top)) / sum;  // less own
        const float slope = mean * (squared_ ? 2 * (y - own) : share);
        by_gate = fmaf(slope, of.out[c], by_gate);
        of.out[c] = slope;
    });
    by_gate = lanes.sum(by_gate);
    if (lanes.part == 0) by_gates[*(of.places - 1)] = by_gate;
    const std::uint32_t* place = of.places;
#pragma unroll 1
    for (unsigned rest = k_ == 1 ? 0 : of.rest; rest != 0; rest &= rest - 1, ++place) {
        float* const out = by_out(static_cast<int>(*place));
        const float p = of.p[__ffs(static_cast<int>(rest)) - 1];
        float by = 0;
        for_classes(lanes, [&](int c) {
            by = fmaf(of.out[c], out[c], by);
            out[c] = p * of.out[c];
        });
        by = lanes.sum(by);
        if (lanes.part == 0) by_gates[*place] = by;
    }
    for_classes(lanes, [&of](int c) { of.out[c] *= of.share; });
}

/// The softmax's gates, and the balancing term of balance.hpp's switch_loss: the softmax in
/// by_logits becomes dL/dlogit.
template <typename Of>
__device__ inline void plain_block<Of>::differentiate_gate(int i) const {
    float* const p = by_logits(i);
    const float* const by_gates = array<float>(at_.by_gates);
    const std::uint32_t* const places = array<std::uint32_t>(at_.place) + i * k_;
    float load = 0, gain = 0;
    const std::uint32_t* place = places;
#pragma unroll Of::unrolled
    for (int e = 0; e < E_; ++e) {
        load = fmaf(static_cast<float>(counts()[e]), p[e], load);
        if (chosen(i) >> e & 1) gain = fmaf(by_gates[*place++], p[e], gain);
    }
    const float weight = run_.switch_loss * static_cast<float>(E_) /
                         (static_cast<float>(rows()) * static_cast<float>(routed()));
    const auto beta = static_cast<float>(run_.beta);
    place = places;
#pragma unroll Of::unrolled
    for (int e = 0; e < E_; ++e) {
        const float by_gate = chosen(i) >> e & 1 ? by_gates[*place++] : 0;
        p[e] *= beta * (by_gate - gain + weight * (static_cast<float>(counts()[e]) - load));
    }
}

}  // namespace moebius::gpu
