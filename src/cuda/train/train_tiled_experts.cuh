// SPDX-License-Identifier: MIT
#pragma once

// The second part of a step of train_tiled.cu: the experts, there and back.

#include "train/train_tiles.cuh"

namespace moebius::gpu {

/// Four sorted rows of one expert, and the eight lanes that share them.
struct tile {
    int expert = 0, row = 0, end = 0;  ///< rows row .. row + 3, those from end on are not there
    bool there = false;
    __device__ int at(int r) const { return min(row + r, end - 1); }
    __device__ bool has(int r) const { return there && row + r < end; }
};

/// The tile of that number; the last one for those beyond. At least one row is routed.
template <typename S>
__device__ tile tile_of(const expert_rows<S>& rows, int number) {
    tile out;
    const int tiles = rows.tiles();
    out.there = number < tiles;
    number = min(number, tiles - 1);
    int row = 0, before = 0;
#pragma unroll
    for (int e = 0; e < S::E; ++e) {
        const int count = rows.count(e), after = before + (count + 3) / 4;
        if (number >= before && number < after) {
            out.expert = e;
            out.row = row + 4 * (number - before);
            out.end = row + count;
        }
        row += count;
        before = after;
    }
    return out;
}

/// a = x W1 + b1 for four rows and four columns: d H B multiply-adds in all, two 16-byte loads for
/// sixteen of them.
template <typename S>
__device__ void multiply_w1(const tiled_memory<S>& m, const tile& mine, int column,
                            float (&a)[4][4]) {
    const auto& expert = m.experts[mine.expert];
    int x[4];
    const vector_of<4> bias(expert.b1 + 4 * column);
#pragma unroll
    for (int r = 0; r < 4; ++r) {
        x[r] = m.input[mine.at(r)];
#pragma unroll
        for (int j = 0; j < 4; ++j) a[r][j] = bias[j];
    }
#pragma unroll 2
    for (int piece = 0; piece < 8; ++piece)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int k = 4 * piece + half * (S::d / 2), at = 2 * S::d * half;
            const vector_of<4> in[4] = {vector_of<4>(m.input_at((x[0] ^ 16 * piece) + at)),
                                        vector_of<4>(m.input_at((x[1] ^ 16 * piece) + at)),
                                        vector_of<4>(m.input_at((x[2] ^ 16 * piece) + at)),
                                        vector_of<4>(m.input_at((x[3] ^ 16 * piece) + at))};
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                const vector_of<4> w(expert.w1 + m.w1_at(k + i, 4 * column));
#pragma unroll
                for (int r = 0; r < 4; ++r)
#pragma unroll
                    for (int j = 0; j < 4; ++j) a[r][j] = fmaf(in[r][i], w[j], a[r][j]);
            }
        }
}

/// Which part of hidden W2 a lane of a tile has: two rows, half of the units, half of the classes;
/// then it adds its partner's half for one of the rows.
template <typename S>
struct head_lane {
    static constexpr int classes = S::C / 2;
    int units, pair, side;
    __device__ explicit head_lane(int column)
        : units(column & 1), pair(column >> 1 & 1), side(column >> 2 & 1) {}
    __device__ int row() const { return 2 * pair + units; }

    /// out (classes) of the lane's row, without the bias.
    __device__ void multiply(const tiled_memory<S>& m, const tile& mine,
                             float (&out)[classes]) const {
        const auto& expert = m.experts[mine.expert];
        const int kept = mine.at(row()), given = mine.at(row() ^ 1);
        float other[classes] = {};
#pragma unroll
        for (int c = 0; c < classes; ++c) out[c] = 0;
        const float* w2 = expert.w2 + m.w2_at(side * classes, units * (S::H / 2));
#pragma unroll
        for (int h = 0; h < S::H / 2; h += 4) {
            const int unit = units * (S::H / 2) + h;
            const vector_of<4> a(m.hidden + m.hidden_at(kept, unit));
            const vector_of<4> b(m.hidden + m.hidden_at(given, unit));
#pragma unroll
            for (int c = 0; c < classes; ++c) {
                const vector_of<4> w(w2 + c * S::H + h);
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    out[c] = fmaf(a[i], w[i], out[c]);
                    other[c] = fmaf(b[i], w[i], other[c]);
                }
            }
        }
#pragma unroll
        for (int c = 0; c < classes; ++c)
            out[c] += __shfl_xor_sync(~0U, other[c], tile_lane::first_bit);
    }
};

/// Adds what the lane with the row's other classes has.
__device__ inline float both(float mine) {
    return mine + __shfl_xor_sync(~0U, mine, tile_lane::last_bit);
}

/// Loss and slopes of a row: y = p1 out, then dL/dout, and dL/dp1.
template <int Classes>
struct row_loss {
    float loss, by_gate;
    bool right;

    /// @param out   (Classes) of the expert, from class `first` on; becomes dL/dout
    /// @param mean  1 / B
    __device__ row_loss(float (&out)[Classes], int first, int label, float p1, float mean,
                        bool squared) {
        float y[Classes], top = -INFINITY;
        int best = first;
#pragma unroll
        for (int c = 0; c < Classes; ++c) {
            y[c] = p1 * out[c];
            if (y[c] > top) top = y[c], best = first + c;
        }
        const float other_top = __shfl_xor_sync(~0U, top, tile_lane::last_bit);
        const int other = __shfl_xor_sync(~0U, best, tile_lane::last_bit);
        if (other_top > top || (other_top == top && other < best)) top = other_top, best = other;
        right = best == label;
        float slope[Classes], own = 0;
        if (squared) {
#pragma unroll
            for (int c = 0; c < Classes; ++c) {
                const float miss = y[c] - (first + c == label ? 1.0F : 0.0F);
                own = fmaf(miss, miss, own);
                slope[c] = 2 * miss;
            }
            loss = both(own);
        } else {
            float sum = 0;
#pragma unroll
            for (int c = 0; c < Classes; ++c) {
                if (first + c == label) own = y[c] - top;
                sum += slope[c] = expf(y[c] - top);
            }
            sum = both(sum);
            loss = logf(sum) - both(own);
#pragma unroll
            for (int c = 0; c < Classes; ++c)
                slope[c] = slope[c] / sum - (first + c == label ? 1.0F : 0.0F);
        }
        float along = 0;
#pragma unroll
        for (int c = 0; c < Classes; ++c) {
            along = fmaf(slope[c], out[c], along);
            out[c] = p1 * mean * slope[c];
        }
        by_gate = both(along) * mean;
    }
};

/// dL/dlogit of an example: Switch's gate, and the balancing term of balance.hpp's switch_loss.
/// @param p  (E), overwritten: the softmax
template <typename S>
__device__ void differentiate_gate(float* p, const expert_rows<S>& rows, int expert, float by_gate,
                                   const train_run& run) {
    vector_of<S::E> share(p);
    const auto beta = static_cast<float>(run.beta);
    float p1 = 0, mean = 0;
#pragma unroll
    for (int e = 0; e < S::E; ++e) {
        p1 = e == expert ? share[e] : p1;
        mean = fmaf(static_cast<float>(rows.count(e)), share[e], mean);
    }
    const auto routed = static_cast<float>(rows.routed());
    const float weight = run.switch_loss * S::E / (routed * routed);
#pragma unroll
    for (int e = 0; e < S::E; ++e) {
        const float own = e == expert ? 1.0F : 0.0F;
        const float balance = weight * (static_cast<float>(rows.count(e)) - mean);
        p[e] = beta * (by_gate * p1 * (own - share[e]) + share[e] * balance);
    }
}

/// Hidden layer, loss and what comes back to it, for the four rows of a tile: all that needs W1 and
/// W2, in registers but for hidden and dL/dout, which the lanes of a tile show each other.
/// (d H + 3 H C) B multiply-adds in all.
template <typename S, bool Usual>
__device__ void there_and_back(tiled_memory<S>& m, const training& work, const train_run& run,
                               std::uint64_t t) {
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    const expert_rows<S> rows{m.total};
    if (4 * warp >= rows.tiles()) {
        if (lane == 0) m.loss[warp] = 0, m.right[warp] = 0;
        return;
    }
    const tile_lane place(lane);
    const tile mine = tile_of(rows, 4 * warp + place.tile);
    float a[4][4];
    [[maybe_unused]] float slope[Usual ? 1 : 4][4];
    multiply_w1(m, mine, place.column, a);
#pragma unroll
    for (int r = 0; r < 4; ++r) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const auto unit = activate(!Usual && work.gelu, a[r][j]);
            a[r][j] = unit.value;
            if constexpr (!Usual) slope[r][j] = unit.slope;
        }
        if (mine.has(r)) store_four(m.hidden + m.hidden_at(mine.row + r, 4 * place.column), a[r]);
    }
    __syncwarp();

    using head = head_lane<S>;
    const head part(place.column);
    float out[head::classes];
    part.multiply(m, mine, out);
    const int row = mine.at(part.row()), first = part.side * head::classes;
    const auto& expert = m.experts[mine.expert];
#pragma unroll
    for (int c = 0; c < head::classes; ++c) out[c] += expert.b2[first + c];
    const int example = m.example_at(m.input[row]);
    float* share = m.by_logits + example * S::E;
    const row_loss<head::classes> loss(out, first, m.label[t & 1][example], share[mine.expert],
                                       1.0F / S::B, !Usual && work.squared);
    const bool counts = mine.has(part.row()), speaks = counts && part.side == 0;
    __syncwarp();  // both lanes of a row have read its share
    if (speaks) differentiate_gate(share, rows, mine.expert, loss.by_gate, run);
    if (counts)
#pragma unroll
        for (int c = 0; c < head::classes; ++c) m.by_out[row * S::C + first + c] = out[c];
    float sum = speaks ? loss.loss : 0;
#pragma unroll
    for (int s = 16; s > 0; s /= 2) sum += __shfl_xor_sync(~0U, sum, s);
    const unsigned right = __ballot_sync(~0U, speaks && loss.right);
    if (lane == 0) m.loss[warp] = sum, m.right[warp] = __popc(right);
    __syncwarp();

    float back[4][4] = {};
#pragma unroll
    for (int c = 0; c < S::C; c += 2) {
        const vector_of<4> w0(expert.w2 + m.w2_at(c, 4 * place.column));
        const vector_of<4> w1(expert.w2 + m.w2_at(c + 1, 4 * place.column));
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            const vector_of<2> by(m.by_out + mine.at(r) * S::C + c);
#pragma unroll
            for (int j = 0; j < 4; ++j)
                back[r][j] = fmaf(by[0], w0[j], fmaf(by[1], w1[j], back[r][j]));
        }
    }
#pragma unroll
    for (int r = 0; r < 4; ++r) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            if constexpr (Usual)
                back[r][j] = a[r][j] > 0 ? back[r][j] : 0;
            else
                back[r][j] *= slope[r][j];
        }
        if (mine.has(r))
            store_four(m.by_hidden + (mine.row + r) * S::H + 4 * place.column, back[r]);
    }
}

}  // namespace moebius::gpu
