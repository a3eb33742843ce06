// SPDX-License-Identifier: MIT
#pragma once

// The last part of a step of train_plain.cu: gradients, each summed and applied where it lives.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// by_hidden = slope (dL/dout W2^T): a tile's two units a thread.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::back() const {
    for_tiles(half(), [this](const plain_tile& tile, int first) {
        const float* const w2 = expert(tile.expert) + (d_ + 1) * H_;
        const int units[tile_units] = {first, min(first + half(), H_ - 1)};
        float sum[tile_rows][tile_units] = {};
#pragma unroll 2
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

/// For each expert, sums over its rows of eight numbers of `row` by two of `units` a thread; `move`
/// gets the eight sums of a unit, and how many there are.
/// @param columns  of a row, which is padded to a multiple of four
template <bool InputsToo>
template <typename Row, typename Units, typename Move>
__device__ inline void plain_block<InputsToo>::step_eights(int columns, const Row& row_of,
                                                           const Units& units_of,
                                                           const Move& move) const {
    const int eights = (columns + 7) / 8, last = (columns + 3) / 4 * 4 - 4;
#pragma unroll 1
    for (int at = thread(); at < E_ * eights * half(); at += threads()) {
        const int e = at / (eights * half()), k = at / half() % eights * 8;
        const int h[2] = {at % half(), min(at % half() + half(), H_ - 1)};
        const int begin = first(e), end = begin + counts()[e];
        float sum[2][8] = {};
#pragma unroll 4
        for (int row = begin; row < end; ++row) {
            const float* const x = row_of(row);
            const float4 low = *reinterpret_cast<const float4*>(x + k);
            const float4 high = *reinterpret_cast<const float4*>(x + min(k + 4, last));
            const float in[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
            float by[2];
            units_of(row, e, h, by);
#pragma unroll
            for (int u = 0; u < 2; ++u)
#pragma unroll
                for (int i = 0; i < 8; ++i) sum[u][i] = fmaf(in[i], by[u], sum[u][i]);
        }
        const int units = h[0] + half() < H_ ? 2 : 1, count = min(8, columns - k);
#pragma unroll
        for (int u = 0; u < 2; ++u)
            if (u < units)
                move(e, h[u], k, count, make_float4(sum[u][0], sum[u][1], sum[u][2], sum[u][3]),
                     make_float4(sum[u][4], sum[u][5], sum[u][6], sum[u][7]));
    }
}

template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_w1(const descent& how) const {
    step_eights(
        d_, [this](int row) { return sorted_input(row); },
        [this](int row, int, const int(&h)[2], float(&to)[2]) {
            for (int u = 0; u < 2; ++u) to[u] = by_hidden(row)[h[u]];
        },
        [&, this](int e, int h, int k, int count, float4 low, float4 high) {
            const int at = place(e) + k * H_ + h;
            descend_eight(how, parameters() + at, at, H_, count, low, high);
        });
}

/// Four classes by two units a thread.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_w2(const descent& how) const {
    const int fours = (C_ + 3) / 4;
#pragma unroll 1
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
        for (int u = 0; u < 2; ++u) {
            if (u >= units) break;
            const int to = place(e) + (d_ + 1) * H_ + h[u] * C_ + c;
            descend_eight(how, parameters() + to, to, 1, min(4, C_ - c),
                          make_float4(sum[u][0], sum[u][1], sum[u][2], sum[u][3]), {});
        }
    }
}

/// A thread each, the longest sums first.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_rest(const descent& how, int b2) const {
    const int gate = (d_ + 1) * E_, each = H_ + b2;
#pragma unroll 1
    for (int at = thread(); at < gate + E_ * each; at += threads()) {
        if (at < gate) {
            move(how, gate_ + at, along_gate(at));
            continue;
        }
        const int e = (at - gate) / each, column = (at - gate) % each;
        const int begin = first(e), end = begin + counts()[e];
        float sum = 0;
        if (column < H_) {
            for (int row = begin; row < end; ++row) sum += by_hidden(row)[column];
            move(how, place(e) + d_ * H_ + column, sum);
        } else {
            step_b2(how, e, column - H_);
        }
    }
}

template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::step_b2(const descent& how, int e, int c) const {
    const int begin = first(e), end = begin + counts()[e];
    float sum = 0;
    for (int row = begin; row < end; ++row) sum += by_out()[row * C_ + c];
    move(how, place(e) + (d_ + 1) * H_ + H_ * C_ + c, sum);
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
