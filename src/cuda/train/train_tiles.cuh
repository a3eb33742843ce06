// SPDX-License-Identifier: MIT
#pragma once

// The shape of train_tiled.cu: which thread owns what, and what lies in shared memory.

#include <cuda_pipeline.h>

#include "train/train_step.cuh"

namespace moebius::gpu {

/// Sizes known to the compiler, and how threads share the work.
template <int Width, int Hidden, int Classes, int Experts, int Batch>
struct train_tiles {
    static constexpr int d = Width, H = Hidden, C = Classes, E = Experts, B = Batch;
    static_assert(d == 64 && H == 32, "lanes are laid out for 64 features and 32 hidden units");
    static_assert(C % 2 == 0 && C <= 32 && E >= 2 && E <= 8 && B < 256);

    /// Examples in the order of their experts, in tiles of four: the last of an expert is filled
    /// with its last example. Eight lanes a tile, four hidden units each.
    static constexpr int tiles = (B + 3 * E) / 4;
    static constexpr int tile_warps = (tiles + 3) / 4;
    static constexpr int working_warps = (B + 15) / 16;  ///< two threads an example in the gate
    static constexpr int busy = tile_warps > working_warps ? tile_warps : working_warps + 1;
    /// An even number: two blocks have as many registers a thread then as with one warp less.
    static constexpr int warps = (busy + 1) / 2 * 2;
    static constexpr int threads = 32 * warps;

    static constexpr int strips = 4;  ///< of W1's rows: how its gradient is shared out
    /// After a batch's losses are known: the gate, the next batch's rows, and for each expert the
    /// strips of W1 and all the rest.
    static constexpr int tasks = 2 + E * (1 + strips);
};

/// Where a lane sits in a warp of 4 tiles by 8 columns: a lane's neighbours i^1 and i^2 share its
/// tile and its columns, which lets 16-byte loads of both kinds fill a pass over the banks.
struct tile_lane {
    int tile, column;
    static constexpr int first_bit = 1, last_bit = 8;  ///< of the column, in the lane
    __device__ explicit tile_lane(int lane)
        : tile((lane >> 1 & 1) | (lane >> 3 & 2)), column((lane & 1) | (lane >> 1 & 6)) {}
};

/// All that a block keeps of its model and its batch. Sorted: in the order of the experts.
template <typename S>
struct tiled_memory {
    static constexpr int pad(int n) { return (n + 3) / 4 * 4; }
    struct expert {
        float w1[S::d * S::H];      ///< (d, H), swizzled: w1_at
        float b1[S::H];             ///< (H)
        float w2[S::C * S::H + 8];  ///< (C, H), transposed, with a gap: w2_at
        float b2[pad(S::C)];        ///< (C)
    };
    alignas(128) float hidden[S::B * S::H];  ///< (B, H), sorted, swizzled: hidden_at
    float by_hidden[S::B * S::H];            ///< (B, H), sorted
    alignas(256) float x[S::B * S::d];       ///< (B, d), swizzled: input_at
    float gate[S::d * S::E];                 ///< (d, E)
    float gate_bias[pad(S::E)];              ///< (E)
    expert experts[S::E];
    float by_out[S::B * S::C];                 ///< (B, C), sorted: dL/d(output of the expert)
    alignas(16) float by_logits[S::B * S::E];  ///< (B, E): the softmax, then dL/dlogit
    double scores[S::E];
    expert_record records[S::E];
    std::uint64_t counts[S::warps];  ///< a byte for each expert: examples that a warp sent there
    std::uint64_t total;             ///< the same of all
    float loss[S::warps];            ///< sums over the examples of a warp
    int right[S::warps];
    int lucky[S::warps];          ///< unrouted examples of class 0, which count as right
    descent descend;              ///< how this model's parameters move
    std::uint32_t next[S::B];     ///< rows of the data of the next batch
    std::uint8_t label[2][S::B];  ///< of this batch and the next, by its parity
    std::uint16_t input[S::B];    ///< (B), sorted: place_of the example
    int order[S::E];              ///< experts by falling load
    int ticket;                   ///< the next task that no warp has

    // Pieces of four numbers change places with the row, so that loads of one piece of many rows
    // meet all banks. Four rows of W1 keep theirs: lanes that update it are four rows apart.
    __device__ static int hidden_at(int row, int unit) {
        return row * S::H + (unit ^ (row & 7) << 2);
    }
    __device__ static int w1_at(int k, int unit) { return k * S::H + (unit ^ (k & 4) << 2); }
    /// The second half of the classes is 8 banks off, for lanes that read both halves.
    __device__ static int w2_at(int c, int unit) {
        return c * S::H + unit + (c < S::C / 2 ? 0 : 8);
    }

    /// Bytes from x to piece 0 of an example's inputs; exclusive-or 16 p for piece p.
    __device__ static std::uint16_t place_of(int example) {
        return static_cast<std::uint16_t>(4 * S::d * example + 16 * (example & 7));
    }
    __device__ static int example_at(std::uint16_t place) { return place / (4 * S::d); }
    __device__ const float* input_at(int place) const {
        return reinterpret_cast<const float*>(reinterpret_cast<const char*>(x) + place);
    }
};

/// Experts' shares of the sorted rows, from a byte count each.
template <typename S>
struct expert_rows {
    std::uint64_t total;
    __device__ int count(int e) const { return static_cast<int>(total >> (8 * e) & 255); }
    __device__ int first(int e) const {
        int sum = 0;
#pragma unroll
        for (int f = 0; f < S::E; ++f) sum += f < e ? count(f) : 0;
        return sum;
    }
    __device__ int routed() const { return first(S::E); }
    /// How many experts have more, or as many and come before.
    __device__ int rank(int e) const {
        int before = 0;
#pragma unroll
        for (int f = 0; f < S::E; ++f)
            before += count(f) > count(e) || (count(f) == count(e) && f < e) ? 1 : 0;
        return before;
    }
    __device__ int tiles() const {
        int sum = 0;
#pragma unroll
        for (int e = 0; e < S::E; ++e) sum += (count(e) + 3) / 4;
        return sum;
    }
};

/// N consecutive floats from shared memory, in the widest loads that N allows.
template <int N>
struct vector_of {
    float v[N];
    __device__ explicit vector_of(const float* from) {
        constexpr int wide = N % 4 == 0 ? 4 : N % 2 == 0 ? 2 : 1;
#pragma unroll
        for (int i = 0; i < N; i += wide) {
            if constexpr (wide == 4) {
                const float4 q = *reinterpret_cast<const float4*>(from + i);
                v[i] = q.x, v[i + 1] = q.y, v[i + 2] = q.z, v[i + 3] = q.w;
            } else if constexpr (wide == 2) {
                const float2 q = *reinterpret_cast<const float2*>(from + i);
                v[i] = q.x, v[i + 1] = q.y;
            } else {
                v[i] = from[i];
            }
        }
    }
    __device__ float operator[](int i) const { return v[i]; }
};

__device__ inline void store_four(float* to, const float (&v)[4]) {
    *reinterpret_cast<float4*>(to) = {v[0], v[1], v[2], v[3]};
}

}  // namespace moebius::gpu
