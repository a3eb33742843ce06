// SPDX-License-Identifier: MIT
#pragma once

// The first part of a step of train_plain_kernel.cuh: who goes where.

#include "train/train_plain.cuh"

namespace moebius::gpu {

/// Four lanes a piece of an example's logits.
template <typename Of>
__device__ inline void plain_block<Of>::multiply_gate() const {
    const int tasks = B_ * gates_.pieces;
    for_all(4 * tasks, [=, this](int at) {
        const int task = min(at / 4, tasks - 1), column = task % gates_.pieces;
        const int i = task / gates_.pieces;
        const pieces_of_row x = input_row(i);
        float sum[4] = {};
#pragma unroll 2
        for (int q = at % 4; q < input_pieces(); q += 4) {
            float in[4], w[4];
            unpack(x(q), in);
#pragma unroll
            for (int k = 0; k < 4; ++k) {
                unpack(row_of(gate(), gates_, 4 * q + k)(column), w);
#pragma unroll
                for (int e = 0; e < 4; ++e) sum[e] = fmaf(in[k], w[e], sum[e]);
            }
        }
#pragma unroll
        for (int e = 0; e < 4; ++e) {
            sum[e] += __shfl_xor_sync(~0U, sum[e], 1);
            sum[e] += __shfl_xor_sync(~0U, sum[e], 2);
            sum[e] += gate_bias()[4 * column + e];
        }
        if (at % 4 == 0) pack(sum, by_logits(i) + 4 * column);
    });
}

template <typename Of>
__device__ inline unsigned plain_block<Of>::choose(const float* z, std::uint64_t t,
                                                   std::uint32_t token) const {
    float value[most_experts];
#pragma unroll Of::unrolled
    for (int e = 0; e < E_; ++e) value[e] = gumbel_ ? z[e] + noise_of(run_, t, token, e) : z[e];
    unsigned mask = 0;
#pragma unroll Of::unrolled
    for (int j = 0; j < k_; ++j) {
        float best = -INFINITY;
        unsigned bit = 0;
#pragma unroll Of::unrolled
        for (int e = 0; e < E_; ++e)
            if (value[e] > best && !(mask >> e & 1)) best = value[e], bit = 1U << e;
        mask |= bit;
    }
    return mask;
}

template <typename Of>
__device__ inline void plain_block<Of>::route(std::uint64_t t) const {
    const auto beta = static_cast<float>(run_.beta);
#pragma unroll 1
    for (int i = thread(); i < B_; i += threads()) {
        float* const z = by_logits(i);
        row_range range;
#pragma unroll Of::unrolled
        for (int e = 0; e < E_; ++e) range.take(z[e]);
        const auto token = static_cast<std::uint32_t>(i);
        unsigned mask = 0;
        if (range.routable() && gumbel_ && E_ == 2 && k_ == 1)
            mask = 1U << toss(run_, scores(), t, token, z[0], z[1]);
        float top = -INFINITY, sum = 0;
#pragma unroll Of::unrolled
        for (int e = 0; e < E_; ++e) {
            z[e] = beta * (z[e] + static_cast<float>(scores()[e]));
            top = fmaxf(top, z[e]);
        }
        if (range.routable() && mask == 0) mask = choose(z, t, token);
#pragma unroll Of::unrolled
        for (int e = 0; e < E_; ++e) sum += z[e] = expf(z[e] - top);
#pragma unroll Of::unrolled
        for (int e = 0; e < E_; ++e) z[e] = mask == 0 ? 0 : z[e] / sum;
        array<std::uint16_t>(at_.chosen)[i] = static_cast<std::uint16_t>(mask);
    }
}

template <typename Of>
__device__ inline void plain_block<Of>::count() const {
#pragma unroll 1
    for (int e = warp(); e <= E_; e += threads() / 32) {
        int sum = 0;
        for (int i = 0; i < B_; i += 32) sum += __popc(who(i, e));
        if (lane() == 0) counts()[e] = sum;
    }
}

template <typename Of>
__device__ inline void plain_block<Of>::sort() const {
#pragma unroll 1
    for (int e = warp(); e <= E_; e += threads() / 32) {
        int begin = 0, tile = 0;
#pragma unroll 1
        for (int f = 0; f < e; ++f) {
            begin += counts()[f];
            tile += (counts()[f] + tile_rows - 1) / tile_rows;
        }
        if (lane() == 0) begins()[e] = begin, tile_begins()[e] = tile;
        if (e == E_) break;
        const int end = begin + counts()[e];
#pragma unroll 1
        for (int row = begin + tile_rows * lane(); row < end; row += 32 * tile_rows)
            array<plain_tile>(at_.tiles)[tile + (row - begin) / tile_rows] = {e, row, end, true};
        for (int i = 0; i < B_; i += 32) {
            const unsigned sent = who(i, e);
            if (sent >> lane() & 1) {
                const int mine = i + lane(), row = begin + __popc(sent & ((1U << lane()) - 1));
                const int before = __popc(chosen(mine) & ((1U << e) - 1));
                array<std::uint32_t>(at_.example)[row] = static_cast<std::uint32_t>(mine);
                array<std::uint32_t>(at_.place)[mine * k_ + before] =
                    static_cast<std::uint32_t>(row);
            }
            begin += __popc(sent);
        }
    }
}

}  // namespace moebius::gpu
