// SPDX-License-Identifier: MIT
#pragma once

// The last part of a step of train_plain_kernel.cuh: gradients, each summed and applied where it
// lives.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// by_hidden = dL/dout W2^T, of the last layer times slope; of the first of two dL/dh W2^T, before
/// weights and slopes.
template <typename Of>
__device__ inline void plain_block<Of>::back() const {
    const int apart = units_.pieces, terms = outputs_.pieces;
    for_tiles(
        0, E_, apart, terms, [=, this](const plain_tile& tile, int column, const lane_team& team) {
            pieces_of_row by[tile_rows];
            float sum[tile_rows][4] = {};
#pragma unroll
            for (int r = 0; r < tile_rows; ++r) by[r] = by_output(tile.at(r));
            add_dots<Of::terms>(sum, by, terms, w2(tile.expert), outputs_, column, apart, team);
            const int first = team.share(sum);
#pragma unroll
            for (int i = 0; i < tile_rows; ++i) {
                if (!team.keeps<tile_rows>(i) || !tile.has(first + i)) break;
#pragma unroll
                for (int c = 0; c < 4; ++c) {
                    float& to = by_hidden()[units_.at(tile.row + first + i, column + c * apart)];
                    to = sum[i][c] * (is_last() ? to : 1);
                }
            }
        });
}

/// For each expert the sum over its rows of a^T b, for the gate over all examples: eight rows of
/// the weights by four columns a team. Each kind of weights has its code: a common one was slower
/// (data/results/h200-training.txt).
template <typename Of>
template <typename plain_block<Of>::weights Which>
__device__ inline void plain_block<Of>::step(const descent& how) const {
    constexpr bool of_w2 = Which == weights::w2, of_gate = Which == weights::gate;
    const piece_rows& to = of_gate ? gates_ : of_w2 ? outputs_ : units_;
    const int pieces = of_w2 ? units_.pieces : input_pieces(), rows = of_w2 ? H_ : d_;
    const int width = of_gate ? E_ : of_w2 ? C_ : H_;
    const int each = (pieces + 1) / 2 * to.pieces, all = of_gate ? each : E_ * each;
    const lane_team team(all, threads(), 5);
    const int begin = of_gate ? threads() / 32 - 1 - warp() : warp();  // those that W1 leaves free
#pragma unroll Of::unrolled
    for (int done = 0; done < all; done += threads() >> team.bits) {
        const int from = done + begin * (32 >> team.bits);
        if (from >= all) break;
        const bool there = from + team.task < all;
        const int at = there ? from + team.task : from, e = of_gate ? 0 : at / each;
        const int pair = at % each / to.pieces * 2, column = at % to.pieces;
        const int2 range = of_gate ? make_int2(0, B_) : rows_of(e);
        float sum[8][4] = {};
#pragma unroll 2
        for (int row = range.x + team.member; row < range.y; row += team.size()) {
            const pieces_of_row a = of_w2     ? row_of(hidden(), units_, row)
                                    : of_gate ? input_row(row)
                                              : sorted_input(row);
            float low[4], high[4], by[4];
            unpack(a(pair), low);
            unpack(a(min(pair + 1, pieces - 1)), high);
            unpack(by_column<Which>(row, column), by);
#pragma unroll
            for (int i = 0; i < 4; ++i)
#pragma unroll
                for (int c = 0; c < 4; ++c) {
                    sum[i][c] = fmaf(low[i], by[c], sum[i][c]);
                    sum[i + 4][c] = fmaf(high[i], by[c], sum[i + 4][c]);
                }
        }
        const int first = 4 * pair + team.share(sum);
        float* const here = of_gate ? gate() : of_w2 ? w2(e) : w1(e);
        const int place = of_gate ? place_of_gate() : of_w2 ? place_of_w2(e) : place_of_w1(e);
        move_rows(
            how, sum, min(4, width - 4 * column),
            [&](int i) { return there && team.keeps<8>(i) && first + i < rows; },
            [&](int i) { return here + to.piece(first + i, column); },
            [&](int i) { return place + (first + i) * width + 4 * column; });
    }
}

/// Steps of four numbers of each row i < 8 that has(i), the first `count` of them real: at here(i),
/// number place(i) of the run's.
template <typename Of>
template <typename Has, typename Here, typename Place>
__device__ inline void plain_block<Of>::move_rows(const descent& how, const float (&g)[8][4],
                                                  int count, const Has& has, const Here& here,
                                                  const Place& place) {
    if constexpr (Of::is_known) {
        if (how.kind != train_optimiser::sgd) {  // moments are far: those of all rows together
            descent::moments<4> was[8];
#pragma unroll
            for (int i = 0; i < 8; ++i)
                if (has(i)) was[i] = read_pairs(how, place(i), count);
#pragma unroll
            for (int i = 0; i < 8; ++i)
                if (has(i)) descend_pairs(how, here(i), place(i), count, g[i], was[i]);
            return;
        }
    }
#pragma unroll
    for (int i = 0; i < 8; ++i)
        if (has(i))
            descend_four<Of::is_known>(how, here(i), place(i), count,
                                       make_float4(g[i][0], g[i][1], g[i][2], g[i][3]));
}

/// A piece of b's rows in `step`; of the first of two layers with the row's weight.
template <typename Of>
template <typename plain_block<Of>::weights Which>
__device__ inline float4 plain_block<Of>::by_column(int row, int column) const {
    if constexpr (Which == weights::gate) return pieces_of_row{by_logits(row), 0}(column);
    if constexpr (Which == weights::w1) return row_of(by_hidden(), units_, row)(column);
    const float4 by = by_output(row)(column);
    if (is_last()) return by;
    const float p = shares()[row];
    return {p * by.x, p * by.y, p * by.z, p * by.w};
}

template <typename Of>
__device__ inline void plain_block<Of>::step_rest(const descent& how) const {
    const int each = H_ + (is_last() ? C_ : 0);
#pragma unroll 1
    for (int at = thread(); at < E_ * each + E_; at += threads()) {
        float sum = 0;
        if (at >= E_ * each) {
            const int e = at - E_ * each;
#pragma unroll 8
            for (int i = 0; i < B_; ++i) sum += by_logits(i)[e];
            move(how, gate_bias()[e], place_of_gate() + d_ * E_ + e, sum);
            continue;
        }
        const int e = at / each, column = at % each;
        const bool is_unit = column < H_;
        const int c = is_unit ? column : column - H_, end = rows_of(e).y;
        for (int row = first(e); row < end; ++row)
            sum += is_unit ? by_hidden()[units_.at(row, c)] : by_out(row)[c];
        move(how, (is_unit ? b1(e) : b2(e))[c], (is_unit ? place_of_b1(e) : place_of_b2(e)) + c,
             sum);
    }
}

}  // namespace moebius::gpu
