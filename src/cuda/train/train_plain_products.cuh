// SPDX-License-Identifier: MIT
#pragma once

// The products that a step of train_plain_kernel.cuh is made of, of numbers in shared memory: a
// thread has four rows by four columns, 64 multiply-adds for eight loads of 16 bytes, or eight by
// four of a gradient, 32 for three.

#include "train/train_plain_layout.cuh"

namespace moebius::gpu {

/// A row of numbers, by pieces.
struct pieces_of_row {
    const float* row;
    int swap;
    __device__ float4 operator()(int q) const {
        return *reinterpret_cast<const float4*>(row + 4 * (q ^ swap));
    }
};
__device__ inline pieces_of_row row_of(const float* rows, const piece_rows& how, int row) {
    return {rows + row * how.stride(), how.swap(row)};
}
__device__ inline void unpack(float4 piece, float (&to)[4]) {
    to[0] = piece.x, to[1] = piece.y, to[2] = piece.z, to[3] = piece.w;
}
__device__ inline void pack(const float (&from)[4], float* to) {
    *reinterpret_cast<float4*>(to) = make_float4(from[0], from[1], from[2], from[3]);
}

/// Lanes of a warp that share a sum, 1 << bits: member m takes the terms m, m + size, ... and keeps
/// its part of the rows of the sums.
struct lane_team {
    int bits, member, task;  ///< task: which of the warp's 32 >> bits

    /// As many as leave work for all threads.
    __device__ lane_team(int tasks, int threads, int most_bits) : bits(0) {
#pragma unroll
        for (int more = 1; more <= 5; ++more)
            if (more <= most_bits && tasks << more <= threads) bits = more;
        const int lane = static_cast<int>(threadIdx.x) % 32;
        member = lane >> (5 - bits);
        task = lane & ((32 >> bits) - 1);
    }
    __device__ int size() const { return 1 << bits; }
    /// Sums of all members: each keeps its share of Rows, from the first on, or one of them.
    /// @return the number of the first
    template <int Rows>
    __device__ int share(float (&sum)[Rows][4]) const {
        int first = 0;
        if constexpr (Rows == 8) {
            if (bits > 0) first += keep<4, 16>(sum);
            if (bits > 1) first += keep<2, 8>(sum);
            if (bits > 2) first += keep<1, 4>(sum);
#pragma unroll 1
            for (int apart = 2; apart >= 32 >> bits; apart /= 2)
#pragma unroll
                for (int c = 0; c < 4; ++c) sum[0][c] += __shfl_xor_sync(~0U, sum[0][c], apart);
        } else {  // of two at most
            if (bits > 0) first += keep<2, 16>(sum);
        }
        return first;
    }
    /// Whether the lane keeps row i from the first on, and for all.
    template <int Rows>
    __device__ bool keeps(int i) const {
        return i < max(Rows >> bits, 1) && (member & max(size() / Rows, 1) - 1) == 0;
    }

private:
    /// The lane's half of the first 2 Rows, with the like half of the lane so far apart.
    template <int Rows, int Apart, int All>
    __device__ static int keep(float (&sum)[All][4]) {
        const bool upper = (threadIdx.x & Apart) != 0;
#pragma unroll
        for (int i = 0; i < Rows; ++i)
#pragma unroll
            for (int c = 0; c < 4; ++c) {
                const float other = upper ? sum[i][c] : sum[i + Rows][c];
                sum[i][c] =
                    (upper ? sum[i + Rows][c] : sum[i][c]) + __shfl_xor_sync(~0U, other, Apart);
            }
        return upper ? Rows : 0;
    }
};

/// Four lanes that share an example: each has every fourth of its classes.
struct quad {
    int part;
    unsigned mask;
    __device__ explicit quad(int lane) : part(lane % 4), mask(15U << (lane & ~3)) {}
    __device__ void sync() const { __syncwarp(mask); }
    __device__ float sum(float v) const {
        v += __shfl_xor_sync(mask, v, 1);
        return v + __shfl_xor_sync(mask, v, 2);
    }
    /// The number of the largest; of equals the lowest.
    __device__ void take_largest(float& v, int& number) const {
#pragma unroll
        for (int s = 1; s < 4; s *= 2) {
            const float other = __shfl_xor_sync(mask, v, s);
            const int others = __shfl_xor_sync(mask, number, s);
            if (other > v || (other == v && others < number)) v = other, number = others;
        }
    }
};

/// sum += a b, a team's part of it.
/// @param a       four rows of so many pieces
/// @param b       (4 pieces, columns)
/// @param column  the piece of b's columns
template <int Unrolled>
__device__ inline void add_product(float (&sum)[tile_rows][4], const pieces_of_row (&a)[tile_rows],
                                   int pieces, const float* b, const piece_rows& rows_of_b,
                                   int column, const lane_team& team) {
#pragma unroll Unrolled
    for (int done = 0; done < pieces; done += team.size()) {
        const int q = done + team.member;
        if (q >= pieces) break;
        float in[tile_rows][4];
#pragma unroll
        for (int r = 0; r < tile_rows; ++r) unpack(a[r](q), in[r]);
        const float* const four = b + 4 * q * rows_of_b.stride();
        const int turned = column ^ rows_of_b.swap(4 * q);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            float w[4];
            unpack(pieces_of_row{four + i * rows_of_b.stride(), rows_of_b.swap(i)}(turned), w);
#pragma unroll
            for (int r = 0; r < tile_rows; ++r)
#pragma unroll
                for (int c = 0; c < 4; ++c) sum[r][c] = fmaf(in[r][i], w[c], sum[r][c]);
        }
    }
}

/// sum += a b^T, a team's part of it.
/// @param b  rows first, first + apart, ... of so many pieces
template <int Unrolled>
__device__ inline void add_dots(float (&sum)[tile_rows][4], const pieces_of_row (&a)[tile_rows],
                                int pieces, const float* b, const piece_rows& rows_of_b, int first,
                                int apart, const lane_team& team) {
    const pieces_of_row of_b[4] = {row_of(b, rows_of_b, first), row_of(b, rows_of_b, first + apart),
                                   row_of(b, rows_of_b, first + 2 * apart),
                                   row_of(b, rows_of_b, first + 3 * apart)};
#pragma unroll Unrolled
    for (int done = 0; done < pieces; done += team.size()) {
        const int q = done + team.member;
        if (q >= pieces) break;
        float in[tile_rows][4], w[4][4];
#pragma unroll
        for (int r = 0; r < tile_rows; ++r) unpack(a[r](q), in[r]);
#pragma unroll
        for (int c = 0; c < 4; ++c) unpack(of_b[c](q), w[c]);
#pragma unroll
        for (int i = 0; i < 4; ++i)
#pragma unroll
            for (int r = 0; r < tile_rows; ++r)
#pragma unroll
                for (int c = 0; c < 4; ++c) sum[r][c] = fmaf(in[r][i], w[c][i], sum[r][c]);
    }
}

/// Four numbers by sgd; of what fills up, 0.
__device__ inline void descend_simply(const descent& how, float* p, float4 gradient) {
    float g[4], v[4];
    unpack(gradient, g);
    unpack(*reinterpret_cast<const float4*>(p), v);
#pragma unroll
    for (int i = 0; i < 4; ++i) v[i] -= how.rate * fmaf(how.decay, v[i], g[i]);
    pack(v, p);
}
static __device__ __noinline__ void descend_called(const descent& how, float* p, int at, int count,
                                                   float4 gradient) {
    if (how.kind == train_optimiser::sgd) return descend_simply(how, p, gradient);
    float g[4], v[4];
    unpack(gradient, g);
    unpack(*reinterpret_cast<const float4*>(p), v);
    const auto number = static_cast<std::uint32_t>(at);
    descent::moments<1> was[4];
#pragma unroll
    for (int i = 0; i < 4; ++i)
        if (i < count) was[i] = how.read<1>(number + static_cast<std::uint32_t>(i));
#pragma unroll
    for (int i = 0; i < 4; ++i)
        if (i < count) how.step(v[i], g[i], was[i], number + static_cast<std::uint32_t>(i));
    pack(v, p);
}
/// Moments of the first `count` of four numbers, from number `at` of the run's on.
/// @pre  `at`, `count` and P are even
__device__ inline descent::moments<4> read_pairs(const descent& how, int at, int count) {
    descent::moments<4> all;
#pragma unroll
    for (int i = 0; i < 4; i += 2) {
        if (i >= count) break;
        const auto two = how.read<2>(static_cast<std::uint32_t>(at + i));
#pragma unroll
        for (int k = 0; k < 2; ++k)
            all.first[i + k] = two.first[k], all.second[i + k] = two.second[k];
    }
    return all;
}
/// These numbers along their gradients.
__device__ inline void descend_pairs(const descent& how, float* p, int at, int count,
                                     const float (&g)[4], const descent::moments<4>& was) {
    float v[4];
    unpack(*reinterpret_cast<const float4*>(p), v);
#pragma unroll
    for (int i = 0; i < 4; i += 2) {
        if (i >= count) break;
        float two[2] = {v[i], v[i + 1]};
        how.step<2>(two, {g[i], g[i + 1]},
                    {{was.first[i], was.first[i + 1]}, {was.second[i], was.second[i + 1]}},
                    static_cast<std::uint32_t>(at + i));
        v[i] = two[0], v[i + 1] = two[1];
    }
    pack(v, p);
}
/// The first `count` of four numbers along their gradients.
/// @tparam SimplyHere  sgd is not called
/// @param p            the first of them, number `at` of the run's
template <bool SimplyHere>
__device__ inline void descend_four(const descent& how, float* p, int at, int count,
                                    float4 gradient) {
    if (SimplyHere && how.kind == train_optimiser::sgd)
        descend_simply(how, p, gradient);
    else
        descend_called(how, p, at, count, gradient);
}

}  // namespace moebius::gpu
