// SPDX-License-Identifier: MIT
#pragma once

// Of a step of train_plain_kernel.cuh, what the experts make of their examples.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// hidden = act(x W1 + b1), and the slope of act in by_hidden, of a first layer where it is not
/// told by the unit in `slope`.
template <typename Of>
__device__ inline void plain_block<Of>::multiply_w1() const {
    for_tiles(0, E_, units_.pieces, input_pieces(),
              [this](const plain_tile& tile, int column, const lane_team& team) {
                  pieces_of_row x[tile_rows];
                  float sum[tile_rows][4] = {}, bias[4];
#pragma unroll
                  for (int r = 0; r < tile_rows; ++r) x[r] = sorted_input(tile.at(r));
                  add_product<Of::terms>(sum, x, input_pieces(), w1(tile.expert), units_, column,
                                         team);
                  unpack(pieces_of_row{b1(tile.expert), 0}(column), bias);
                  const int first = team.share(sum);
#pragma unroll
                  for (int i = 0; i < tile_rows; ++i) {
                      if (!team.keeps<tile_rows>(i) || !tile.has(first + i)) break;
                      float slope[4];
#pragma unroll
                      for (int c = 0; c < 4; ++c) {
                          const float in = sum[i][c] + bias[c];
                          const auto unit = gelu_ ? gelu_of(in) : activate(false, in);
                          sum[i][c] = unit.value, slope[c] = unit.slope;
                      }
                      const int at = units_.piece(tile.row + first + i, column);
                      pack(sum[i], hidden() + at);
                      if (is_last())
                          pack(slope, by_hidden() + at);
                      else if (gelu_)
                          pack(slope, slopes() + at);
                  }
              });
}

/// out = hidden W2 + b2, into by_out; of the first of two layers h = x + sum over the example's
/// experts of p_e out, where x was.
template <typename Of>
__device__ inline void plain_block<Of>::multiply_w2() const {
    const int columns = outputs_.pieces, terms = units_.pieces;
    for_tiles_apart(
        columns, terms, !is_last() && k_ > 1,
        [=, this](const plain_tile& tile, int column, const lane_team& team) {
            pieces_of_row units[tile_rows];
            float sum[tile_rows][4] = {}, bias[4], to[4];
#pragma unroll
            for (int r = 0; r < tile_rows; ++r) units[r] = row_of(hidden(), units_, tile.at(r));
            add_product<Of::terms>(sum, units, terms, w2(tile.expert), outputs_, column, team);
            unpack(pieces_of_row{b2(tile.expert), 0}(column), bias);
            const int first = team.share(sum);
#pragma unroll
            for (int i = 0; i < tile_rows; ++i) {
                const int row = tile.row + first + i;
                if (!team.keeps<tile_rows>(i) || !tile.has(first + i)) break;
                float* const out =
                    4 * column + (is_last() ? by_out(row) : inputs_here(example_of(row)));
                const float p = is_last() ? 1 : share(row, tile.expert);
                unpack(*reinterpret_cast<const float4*>(out), to);
#pragma unroll
                for (int c = 0; c < 4; ++c)
                    to[c] = fmaf(p, sum[i][c] + bias[c], is_last() ? 0 : to[c]);
                pack(to, out);
            }
        });
}

}  // namespace moebius::gpu
