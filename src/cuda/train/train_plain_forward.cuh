// SPDX-License-Identifier: MIT
#pragma once

// Of a step of train_plain.cu, what the experts make of their examples.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// hidden = act(x W1 + b1), and the slope of act in by_hidden, of a first layer where it is not
/// told by the unit in `slope`: a tile's two units a thread.
/// Four features at a time, as inputs are padded with zeros to a multiple of four.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::multiply_w1() const {
    for_tiles(half(), [this](const plain_tile& tile, int first) {
        const float* const w1 = expert(tile.expert);
        const int units[tile_units] = {first, min(first + half(), H_ - 1)};
        const float* x[tile_rows];
        float sum[tile_rows][tile_units];
#pragma unroll
        for (int r = 0; r < tile_rows; ++r) {
            x[r] = sorted_input(tile.at(r));
            for (int u = 0; u < tile_units; ++u) sum[r][u] = w1[d_ * H_ + units[u]];
        }
        for (int k = 0; k < d_; k += 4) {
            float w[4][tile_units];
#pragma unroll
            for (int i = 0; i < 4; ++i)
                for (int u = 0; u < tile_units; ++u)
                    w[i][u] = w1[min(k + i, d_ - 1) * H_ + units[u]];
#pragma unroll
            for (int r = 0; r < tile_rows; ++r) {
                const float4 in = *reinterpret_cast<const float4*>(x[r] + k);
                for (int u = 0; u < tile_units; ++u) {
                    sum[r][u] = fmaf(in.x, w[0][u], sum[r][u]);
                    sum[r][u] = fmaf(in.y, w[1][u], sum[r][u]);
                    sum[r][u] = fmaf(in.z, w[2][u], sum[r][u]);
                    sum[r][u] = fmaf(in.w, w[3][u], sum[r][u]);
                }
            }
        }
#pragma unroll
        for (int r = 0; r < tile_rows; ++r)
            for (int u = 0; u < tile_units; ++u)
                if (tile.has(r)) {
                    const auto unit = w_.gelu ? gelu_of(sum[r][u]) : activate(false, sum[r][u]);
                    hidden(tile.row + r)[units[u]] = unit.value;
                    if (is_last())
                        by_hidden(tile.row + r)[units[u]] = unit.slope;
                    else if (w_.gelu)
                        slope(tile.row + r)[units[u]] = unit.slope;
                }
    });
}

/// out = hidden W2 + b2, into by_out: a tile's class a thread.
template <bool InputsToo>
__device__ inline void plain_block<InputsToo>::multiply_w2() const {
    for_tiles(C_, [this](const plain_tile& tile, int c) {
        const float* const w2 = expert(tile.expert) + (d_ + 1) * H_ + c;
        float sum[tile_rows];
        for (int r = 0; r < tile_rows; ++r) sum[r] = w2[H_ * C_];
#pragma unroll 4
        for (int h = 0; h < H_; ++h) {
            const float w = w2[h * C_];
#pragma unroll
            for (int r = 0; r < tile_rows; ++r) sum[r] = fmaf(hidden(tile.at(r))[h], w, sum[r]);
        }
        for (int r = 0; r < tile_rows && tile.has(r); ++r)
            by_out()[(tile.row + r) * C_ + c] = sum[r];
    });
}

}  // namespace moebius::gpu
