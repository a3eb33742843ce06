// SPDX-License-Identifier: MIT
#pragma once

// What train_plain_kernel.cuh does for two layers alone. The first is residual: its outputs become
// part of the inputs of the second, and what those ask for comes back.

#include "train/train_plain_descent.cuh"
#include "train/train_plain_loss.cuh"

namespace moebius::gpu {

/// by_input = dL/dh of the second layer's inputs, through the gate and through the experts.
template <typename Of>
__device__ inline void plain_block<Of>::back_to_inputs() const {
    const int columns = input_pieces();
#pragma unroll 1
    for (int at = thread(); at < B_ * columns; at += threads()) {
        const int i = at / columns, column = at % columns;
        float sum[4] = {};
        for (int q = 0; q < gates_.pieces; ++q) {
            float by[4], w[4];
            unpack(pieces_of_row{by_logits(i), 0}(q), by);
#pragma unroll
            for (int k = 0; k < 4; ++k) {
                unpack(row_of(gate(), gates_, 4 * column + k)(q), w);
#pragma unroll
                for (int e = 0; e < 4; ++e) sum[k] = fmaf(by[e], w[e], sum[k]);
            }
        }
        pack(sum, by_input(i) + 4 * column);
    }
    __syncthreads();
    const int terms = units_.pieces;
    for_tiles_apart(columns, terms, k_ > 1,
                    [&, this](const plain_tile& tile, int column, const lane_team& team) {
                        pieces_of_row by[tile_rows];
                        float sum[tile_rows][4] = {};
#pragma unroll
                        for (int r = 0; r < tile_rows; ++r)
                            by[r] = row_of(by_hidden(), units_, tile.at(r));
                        add_dots<Of::terms>(sum, by, terms, w1(tile.expert), units_, column,
                                            columns, team);
                        const int first = team.share(sum);
#pragma unroll
                        for (int i = 0; i < tile_rows; ++i) {
                            if (!team.keeps<tile_rows>(i) || !tile.has(first + i)) break;
                            float* const to = by_input(example_of(tile.row + first + i)) + column;
#pragma unroll
                            for (int c = 0; c < 4; ++c) to[c * columns] += sum[i][c];
                        }
                    });
}

/// dL/dp_e = dL/dh out_e in by_gates, from hidden (W2 dL/dh) as outputs are not kept; by_hidden
/// gets its weight and slope. Four lanes a row.
template <typename Of>
__device__ inline void plain_block<Of>::weigh_units() const {
    const int all = 4 * Of::uniform(rows());
    if (all == 0) return;
    for_all(Of::is_known ? 4 * B_ * k_ : all, [=, this](int at) {
        const int row = min(at, all - 1) / 4, part = at % 4;
        int e = 0;
        for (int end = counts()[0]; row >= end; end += counts()[++e]) {
        }
        const float p = share(row, e);
        float sum = 0;
        for (int q = part; at < all && q < units_.pieces; q += 4) {
            const int here = units_.piece(row, q);
            float unit[4], by[4];
            unpack(*reinterpret_cast<const float4*>(hidden() + here), unit);
            unpack(*reinterpret_cast<const float4*>(by_hidden() + here), by);
#pragma unroll
            for (int c = 0; c < 4; ++c) {
                sum = fmaf(unit[c], by[c], sum);
                by[c] *= p * (gelu_ ? slopes()[here + c] : unit[c] > 0 ? 1.0F : 0.0F);
            }
            pack(by, by_hidden() + here);
        }
        for (int q = part; q < outputs_.pieces; q += 4) {
            float by[4], bias[4];
            unpack(by_input_row(example_of(row))(q), by);
            unpack(pieces_of_row{b2(e), 0}(q), bias);
#pragma unroll
            for (int c = 0; c < 4; ++c) sum = fmaf(by[c], bias[c], sum);
        }
        for (int s = 2; s > 0; s /= 2) sum += __shfl_xor_sync(~0U, sum, s);
        if (at < all && part == 0) array<float>(at_.by_gates)[row] = sum, shares()[row] = p;
    });
}

template <typename Of>
__device__ inline void plain_block<Of>::differentiate_gates() const {
#pragma unroll 1
    for (int i = thread(); i < B_; i += threads())
        if (chosen(i) != 0) differentiate_gate(i);
}

/// Of the first layer, before differentiate_gates: gradients p dL/dh.
template <typename Of>
__device__ inline void plain_block<Of>::step_b2(const descent& how) const {
#pragma unroll 1
    for (int at = thread(); at < E_ * C_; at += threads()) {
        const int e = at / C_, c = at % C_, end = rows_of(e).y;
        float sum = 0;
#pragma unroll 4
        for (int row = first(e); row < end; ++row)
            sum = fmaf(shares()[row], by_input(example_of(row))[c], sum);
        move(how, b2(e)[c], place_of_b2(e) + c, sum);
    }
}

}  // namespace moebius::gpu
