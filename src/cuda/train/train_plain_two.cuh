// SPDX-License-Identifier: MIT
#pragma once

// What train_plain.cu does for two layers alone. The first is residual: its outputs become part of
// the inputs of the second, and what those ask for comes back.

#include "train/train_plain_descent.cuh"
#include "train/train_plain_loss.cuh"

namespace moebius::gpu {

/// Of the first layer, h = x + sum over the example's experts of p_e (hidden W2 + b2), where x was:
/// a tile's four features a thread.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::mix() const {
    const int step = (C_ + 3) / 4;
    for_tiles_apart(step, [&](const plain_tile& tile, int first) {
        const float* const w2 = expert(tile.expert) + (d_ + 1) * H_;
        int to[4];
        float sum[tile_rows][4], w[4];
#pragma unroll
        for (int u = 0; u < 4; ++u) {
            to[u] = min(first + u * step, C_ - 1);
#pragma unroll
            for (int r = 0; r < tile_rows; ++r) sum[r][u] = w2[H_ * C_ + to[u]];
        }
#pragma unroll 2
        for (int h = 0; h < H_; ++h) {
#pragma unroll
            for (int u = 0; u < 4; ++u) w[u] = w2[h * C_ + to[u]];
#pragma unroll
            for (int r = 0; r < tile_rows; ++r) {
                const float unit = hidden(tile.at(r))[h];
#pragma unroll
                for (int u = 0; u < 4; ++u) sum[r][u] = fmaf(unit, w[u], sum[r][u]);
            }
        }
#pragma unroll
        for (int r = 0; r < tile_rows; ++r) {
            if (!tile.has(r)) break;
            const float p = share(tile.row + r, tile.expert);
            float* const x =
                array<float>(at_.x) + example_of(tile.row + r) * plain_layout::stride(w_);
#pragma unroll
            for (int u = 0; u < 4; ++u)
                if (first + u * step < C_) x[to[u]] = fmaf(p, sum[r][u], x[to[u]]);
        }
    });
}

/// by_input = dL/dh of the second layer's inputs, through the gate and through the experts. Threads
/// go through an expert's units from their own places on, as units' weights of one feature lie
/// side by side.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::back_to_inputs() const {
    const float* const gate = parameters() + gate_;
#pragma unroll 1
    for (int i = warp(); i < B_; i += threads() / 32)
#pragma unroll 1
        for (int k = lane(); k < d_; k += 32) {
            float sum = 0;
#pragma unroll 4
            for (int n = 0, e = k * E_ / 32 % E_; n < E_; ++n, e = e + 1 == E_ ? 0 : e + 1)
                sum = fmaf(by_logits()[i * E_ + e], gate[k * E_ + e], sum);
            by_input(i)[k] = sum;
        }
    __syncthreads();
    const int step = (d_ + 3) / 4;
    for_tiles_apart(step, [&](const plain_tile& tile, int first) {
        const float* const w1 = expert(tile.expert);
        int to[4];
        float sum[tile_rows][4] = {}, w[4];
#pragma unroll
        for (int u = 0; u < 4; ++u) to[u] = min(first + u * step, d_ - 1);
#pragma unroll 2
        for (int n = 0, h = first % H_; n < H_; ++n, h = h + 1 == H_ ? 0 : h + 1) {
#pragma unroll
            for (int u = 0; u < 4; ++u) w[u] = w1[to[u] * H_ + h];
#pragma unroll
            for (int r = 0; r < tile_rows; ++r) {
                const float by = by_hidden(tile.at(r))[h];
#pragma unroll
                for (int u = 0; u < 4; ++u) sum[r][u] = fmaf(by, w[u], sum[r][u]);
            }
        }
#pragma unroll
        for (int r = 0; r < tile_rows; ++r) {
            if (!tile.has(r)) break;
            float* const by = by_input(example_of(tile.row + r));
#pragma unroll
            for (int u = 0; u < 4; ++u)
                if (first + u * step < d_) by[to[u]] += sum[r][u];
        }
    });
}

/// Of the first layer, by_hidden = dL/dh W2^T, before weights and slopes: a tile's two units a
/// thread, from their own places on.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::back_from_inputs() const {
    for_tiles(half(), [this](const plain_tile& tile, int first) {
        const float* const w2 = expert(tile.expert) + (d_ + 1) * H_;
        const int units[tile_units] = {first, min(first + half(), H_ - 1)};
        const float* by[tile_rows];
        float sum[tile_rows][tile_units] = {};
#pragma unroll
        for (int r = 0; r < tile_rows; ++r) by[r] = by_input(example_of(tile.at(r)));
#pragma unroll 2
        for (int n = 0, c = first % C_; n < C_; ++n, c = c + 1 == C_ ? 0 : c + 1) {
            const float w[tile_units] = {w2[units[0] * C_ + c], w2[units[1] * C_ + c]};
#pragma unroll
            for (int r = 0; r < tile_rows; ++r)
                for (int u = 0; u < tile_units; ++u) sum[r][u] = fmaf(by[r][c], w[u], sum[r][u]);
        }
        const int there = first + half() < H_ ? 2 : 1;
#pragma unroll
        for (int r = 0; r < tile_rows; ++r)
            for (int u = 0; u < tile_units; ++u)
                if (u < there && tile.has(r)) by_hidden(tile.row + r)[units[u]] = sum[r][u];
    });
}

/// dL/dp_e = dL/dh out_e in by_gates, from hidden (W2 dL/dh) as outputs are not kept; by_hidden
/// gets its weight and slope. A warp for each row.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::weigh_units() const {
    const int all = rows();
#pragma unroll 1
    for (int row = warp(); row < all; row += threads() / 32) {
        int e = 0;
        for (int end = counts()[0]; row >= end; end += counts()[++e]) {
        }
        const float p = share(row, e);
        const float *const by = by_input(example_of(row)), *const unit = hidden(row);
        const float* const b2 = expert(e) + (d_ + 1) * H_ + H_ * C_;
        float* const by_unit = by_hidden(row);
        float sum = 0;
        for (int h = lane(); h < H_; h += 32) {
            sum = fmaf(unit[h], by_unit[h], sum);
            by_unit[h] *= p * (w_.gelu ? slope(row)[h] : unit[h] > 0 ? 1.0F : 0.0F);
        }
        for (int c = lane(); c < C_; c += 32) sum = fmaf(by[c], b2[c], sum);
        for (int s = 16; s > 0; s /= 2) sum += __shfl_xor_sync(~0U, sum, s);
        if (lane() == 0) array<float>(at_.by_gates)[row] = sum, shares()[row] = p;
    }
}

template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::differentiate_gates() const {
#pragma unroll 1
    for (int i = thread(); i < B_; i += threads())
        if (chosen(i) != 0) differentiate_gate(i);
}

/// Of the first layer, before differentiate_gates: gradients p hidden^T dL/dh and p dL/dh.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_w2_from_inputs(const descent& how) const {
    step_eights(
        C_, [this](int row) { return by_input(example_of(row)); },
        [this](int row, int e, const int(&h)[2], float(&to)[2]) {
            const float p = shares()[row];
            for (int u = 0; u < 2; ++u) to[u] = p * hidden(row)[h[u]];
        },
        [&, this](int e, int h, int c, int count, float4 low, float4 high) {
            const int at = place(e) + (d_ + 1) * H_ + h * C_ + c;
            descend_eight(how, parameters() + at, at, 1, count, low, high);
        });
#pragma unroll 1
    for (int at = thread(); at < E_ * C_; at += threads()) {
        const int e = at / C_, c = at % C_, begin = first(e), end = begin + counts()[e];
        float sum = 0;
        for (int row = begin; row < end; ++row)
            sum = fmaf(shares()[row], by_input(example_of(row))[c], sum);
        move(how, place(e) + (d_ + 1) * H_ + H_ * C_ + c, sum);
    }
}

}  // namespace moebius::gpu
