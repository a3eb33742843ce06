// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "route/route_common.cuh"

// From a tile of logits in registers to choices. Each row of a tile is spread over the four lanes
// of a quad, N / 4 values each; a thread holds such a part of two rows (`half` 0 and 1). Values
// are kept in units of log 2, so that exp is one instruction.
namespace moebius::gpu {

inline constexpr float log2_e = 1.4426950408889634f;
inline constexpr int no_column = 0x7fffffff;

__device__ __forceinline__ float exp2_of(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

/// What a row's values come to; the same in all lanes of its quad.
struct row_choice {
    float best = -INFINITY, second = -INFINITY;  // the two largest values
    float top = -INFINITY, sum = 0;              // softmax: sum of 2^(value - top)
    int column = no_column;                      // of the best; the lowest of equals
};

/// Joins two parts of a row.
__device__ __forceinline__ void join(row_choice& a, float best, float second, int column) {
    a.second = fmaxf(fminf(a.best, best), fmaxf(a.second, second));
    if (best > a.best || (best == a.best && column < a.column)) {
        a.best = best;
        a.column = column;
    }
}

__device__ __forceinline__ void join_quad(row_choice& row) {
#pragma unroll
    for (int s = 1; s < 4; s *= 2)
        join(row, __shfl_xor_sync(~0U, row.best, s), __shfl_xor_sync(~0U, row.second, s),
             __shfl_xor_sync(~0U, row.column, s));
}

/// logits -> values = scale logit + shift (padded columns have shift -inf), and sum of 2^value.
///
///   for e: v = beta (l_e + s_e); if (v > best) second = best, best = v, column = e
///   for e: sum += exp(v_e - best)
///
/// NaN, +inf or nothing finite among the values make the sum NaN: such a token is not routed.
template <int N, bool Scaled>
__device__ __forceinline__ void choose_first(float (&value)[N / 2], const float* scale, float beta,
                                             const float* shift, int q, row_choice (&row)[2]) {
#pragma unroll
    for (int j = 0; j < N / 8; ++j) {
        const float2 b = reinterpret_cast<const float2*>(shift)[4 * j + q];
        const float2 m =
            Scaled ? reinterpret_cast<const float2*>(scale)[4 * j + q] : make_float2(beta, beta);
#pragma unroll
        for (int half = 0; half < 2; ++half)
#pragma unroll
            for (int c = 0; c < 2; ++c) {
                float& v = value[4 * j + 2 * half + c];
                v = fmaf(v, c ? m.y : m.x, c ? b.y : b.x);
                row_choice& r = row[half];
                r.second = fmaxf(r.second, fminf(r.best, v));
                if (v > r.best) r.column = 8 * j + c;
                r.best = fmaxf(r.best, v);
            }
    }
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        row_choice& r = row[half];
        if (r.column != no_column) r.column += 2 * q;
        join_quad(r);
        r.top = r.best;
        float parts[2] = {0, 0};
#pragma unroll
        for (int j = 0; j < N / 8; ++j)
#pragma unroll
            for (int c = 0; c < 2; ++c) parts[c] += exp2_of(value[4 * j + 2 * half + c] - r.top);
        r.sum = parts[0] + parts[1];
        r.sum += __shfl_xor_sync(~0U, r.sum, 1);
        r.sum += __shfl_xor_sync(~0U, r.sum, 2);
    }
}

/// The loop over columns stays rolled, for the code is long: the two values that a turn adds to are
/// picked by comparing, since registers have no index.
template <int N>
__device__ __forceinline__ void add_noise(float (&value)[N / 2], const route_rule& rule,
                                          const std::uint32_t (&token)[2], int q) {
#pragma unroll 1
    for (int turn = 0; turn < N / 4; ++turn) {
        const int half = turn % 2, at = turn / 2;
        const auto noise = noise_of<float>(rule, half ? token[1] : token[0], 8 * at + 2 * q);
#pragma unroll
        for (int j = 0; j < N / 8; ++j)
#pragma unroll
            for (int h = 0; h < 2; ++h)
                if (j == at && h == half) {
                    value[4 * j + 2 * h] += log2_e * noise.first;
                    value[4 * j + 2 * h + 1] += log2_e * noise.second;
                }
    }
}

/// The best of a row after (last value, last column) in the order (value falling, column rising).
template <int N>
__device__ __forceinline__ row_choice choose_next(const float (&value)[N / 2], int half, int q,
                                                  float last, int last_column) {
    row_choice r;
#pragma unroll
    for (int j = 0; j < N / 8; ++j)
#pragma unroll
        for (int c = 0; c < 2; ++c) {
            const float v = value[4 * j + 2 * half + c];
            const int column = 8 * j + c + 2 * q;
            const bool after = v < last || (v == last && column > last_column);
            if (after && v > r.best) {
                r.best = v;
                r.column = column;
            }
        }
    join_quad(r);
    return r;
}

/// A bit for each of this thread's columns of a row that is not below the threshold.
template <int N>
__device__ __forceinline__ std::uint64_t columns_from(const float (&value)[N / 2], int half,
                                                      float threshold) {
    std::uint64_t mask = 0;
#pragma unroll
    for (int j = 0; j < N / 8; ++j)
#pragma unroll
        for (int c = 0; c < 2; ++c)
            if (!(value[4 * j + 2 * half + c] < threshold)) mask |= 1ULL << (2 * j + c);
    return mask;
}

}  // namespace moebius::gpu
