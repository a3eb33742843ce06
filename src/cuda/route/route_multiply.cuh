// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_fp16.h>

#include <cstdint>

#include "route/hopper.cuh"
#include "route/route_kernels.hpp"

// Shared memory, feeding and multiplying of the tile kernel in route_tiles.cuh.
namespace moebius::gpu {

inline constexpr int stage_columns = 64;
inline constexpr std::uint32_t most_stages = 15;
/// Of tokens that are one stage wide: more were slower (data/results/h200-route-step.txt).
inline constexpr std::uint32_t most_narrow_stages = 6;

template <int N, bool Fp32>
struct tile_shape {
    static constexpr int cluster = N >= 128 ? 2 : 1;
    // Teams of two warpgroups take turns: one chooses while another multiplies.
    static constexpr int teams = N > 32 ? 1 : Fp32 ? 2 : 3;
    static constexpr int multipliers = 256 * teams;
    static constexpr int threads = 128 + multipliers;
    static constexpr std::uint32_t token_bytes = 128 * stage_columns * (Fp32 ? 4 : 2);
    static constexpr std::uint32_t gate_bytes = N * stage_columns * 2;  // a gate chunk
    // barriers; scale and shift of each column; counts; extra counts and length of the list
    static constexpr std::uint32_t tail_bytes = 24 * most_stages + 8 + 8 * N + 4 * N + 4 * 4;
};

#if MOEBIUS_SM90A

/// Shared memory of a block, in the order: resident gate, ring, tail.
template <int N, bool Fp32>
struct tile_memory {
    std::uint32_t gate, ring, stage_bytes, full, read, empty, kept;  // shared addresses
    const char* ring_data;
    float *scale, *shift;
    std::uint32_t *own, *extra;  // (N) counts; unrouted, near ties, rechecked, listed

    __device__ tile_memory(char* raw, const route_arguments& a, std::uint32_t chunks) {
        using shape = tile_shape<N, Fp32>;
        char* p = raw + (1024 - shared_address(raw) % 1024) % 1024;
        const std::uint32_t room = a.resident ? chunks * shape::gate_bytes : 0;
        stage_bytes = shape::token_bytes + (a.resident ? 0 : shape::gate_bytes);
        gate = shared_address(p);
        ring = gate + room;
        ring_data = p + room;
        p += room + a.stages * stage_bytes;
        full = shared_address(p);
        read = full + 8 * most_stages;
        empty = read + 8 * most_stages;
        kept = empty + 8 * most_stages;
        scale = reinterpret_cast<float*>(p + 24 * most_stages + 8);
        shift = scale + N;
        own = reinterpret_cast<std::uint32_t*>(shift + N);
        extra = own + N;
    }
    __device__ std::uint32_t gate_of(std::uint32_t stage, std::uint32_t chunk,
                                     bool resident) const {
        return resident ? gate + chunk * tile_shape<N, Fp32>::gate_bytes
                        : ring + stage * stage_bytes + tile_shape<N, Fp32>::token_bytes;
    }
};

/// A box of tokens.
__device__ __forceinline__ void feed_tokens(std::uint32_t to, const CUtensorMap* tokens, int column,
                                            int row, std::uint32_t barrier, bool once) {
    if (once)
        copy_box_once(to, tokens, column, row, barrier);
    else
        copy_box(to, tokens, column, row, barrier);
}

/// A box of the gate: all of it, or this block's half for both blocks of the cluster.
template <int N, bool Fp32>
__device__ __forceinline__ void feed_gate(const CUtensorMap* gate, std::uint32_t to, int column,
                                          std::uint32_t barrier) {
    if constexpr (tile_shape<N, Fp32>::cluster == 1) {
        copy_box(to, gate, column, 0, barrier);
    } else {
        const std::uint32_t rank = cluster_rank();
        copy_box_to(to + rank * tile_shape<N, Fp32>::gate_bytes / 2, gate, column,
                    static_cast<int>(rank) * N / 2, barrier, 3);
    }
}

/// One thread: keeps all free stages of the ring on their way. With fp32 tokens their part of a
/// stage is free again as soon as it is converted, before the gate's.
template <int N, bool Fp32>
__device__ __forceinline__ void feed_tiles(const CUtensorMap* tokens, const CUtensorMap* gate,
                                           const route_arguments& a,
                                           const tile_memory<N, Fp32>& memory, tile_range tiles,
                                           std::uint32_t chunks) {
    using shape = tile_shape<N, Fp32>;
    const auto feed_kept = [&] {
        barrier_expect(memory.kept, chunks * shape::gate_bytes);
        for (std::uint32_t chunk = 0; chunk < chunks; ++chunk)
            feed_gate<N, Fp32>(gate, memory.gate + chunk * shape::gate_bytes,
                               static_cast<int>(chunk) * stage_columns, memory.kept);
    };
    // Of wide tokens the first chunks are on their way before the resident gate.
    std::uint32_t ahead = a.resident && chunks >= 4 ? 4 : 0;
    if (a.resident && ahead == 0) feed_kept();
    std::uint32_t stage = 0, parity = 1;
    for (std::uint32_t i = 0; i < tiles.count; ++i)
        for (std::uint32_t chunk = 0; chunk < chunks; ++chunk) {
            const std::uint32_t full = memory.full + 8 * stage;
            const std::uint32_t to = memory.ring + stage * memory.stage_bytes;
            const int column = static_cast<int>(chunk) * stage_columns;
            const int row = static_cast<int>((tiles.first + i) * tensor_tile_rows);
            barrier_wait((Fp32 ? memory.read : memory.empty) + 8 * stage, parity);
            barrier_expect(full, shape::token_bytes + (a.resident ? 0 : shape::gate_bytes));
            feed_tokens(to, tokens, column, row, full, a.once);
            if constexpr (Fp32)
                feed_tokens(to + shape::token_bytes / 2, tokens, column + 32, row, full, a.once);
            if (ahead > 0 && --ahead == 0) feed_kept();
            if (!a.resident) {
                if constexpr (Fp32) barrier_wait(memory.empty + 8 * stage, parity);
                feed_gate<N, Fp32>(gate, to + shape::token_bytes, column, full);
            }
            if (++stage == a.stages) stage = 0, parity ^= 1;
        }
}

/// Rows of a thread in its warp's 16: `fragment_row` and 8 more. With fp32 tokens they are
/// permuted so that the 8 lanes of a 16-byte access meet all banks.
template <bool Fp32>
__device__ __forceinline__ int fragment_row(int lane) {
    const int g = lane / 4;
    return Fp32 ? (g >> 1) | (g & 1) << 2 : g;
}

/// Sums of squares of a thread's part of two rows: of the tokens, and of what half loses.
struct row_norms {
    float all[2] = {0, 0}, lost[2] = {0, 0};
};

/// Columns of a stage of fp32 tokens as four half-precision fragments. Inside 16 columns the order
/// is that of prepare_gate: lane q holds columns 4 q to 4 q + 3 as k = 2q, 2q + 1, 2q + 8, 2q + 9.
__device__ __forceinline__ void half_fragments(const char* tile, int row, int q,
                                               std::uint32_t (&a)[4][4], row_norms& norms) {
#pragma unroll
    for (int kk = 0; kk < 4; ++kk)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int r = row + 8 * half, chunk = (4 * (kk % 2) + q) ^ (r % 8);
            const float4 x = *reinterpret_cast<const float4*>(tile + kk / 2 * (128 * 128) +
                                                              r * 128 + chunk * 16);
            const __half2 low = __floats2half2_rn(x.x, x.y), high = __floats2half2_rn(x.z, x.w);
            const float2 lx = __half22float2(low), hx = __half22float2(high);
            a[kk][half] = *reinterpret_cast<const std::uint32_t*>(&low);
            a[kk][half + 2] = *reinterpret_cast<const std::uint32_t*>(&high);
            const float in[4] = {x.x, x.y, x.z, x.w}, out[4] = {lx.x, lx.y, hx.x, hx.y};
#pragma unroll
            for (int c = 0; c < 4; ++c) {
                const float lost = in[c] - out[c];
                norms.all[half] = fmaf(in[c], in[c], norms.all[half]);
                norms.lost[half] = fmaf(lost, lost, norms.lost[half]);
            }
        }
}

/// Place in the ring: the parity of a stage's barriers flips each time round.
struct ring_place {
    std::uint32_t stage = 0, parity = 0;

    __device__ __forceinline__ void advance(std::uint32_t steps, std::uint32_t stages) {
        for (stage += steps; stage >= stages; stage -= stages) parity ^= 1;
    }
};

/// A warp has read a stage: tells the feeding threads that write it.
template <int Cluster>
__device__ __forceinline__ void release_stage(std::uint32_t empty, std::uint32_t stage, int lane) {
    if (lane != 0) return;
    if constexpr (Cluster == 1) {
        barrier_arrive(empty + 8 * stage);
    } else {
        barrier_arrive_at(empty + 8 * stage, 0);
        barrier_arrive_at(empty + 8 * stage, 1);
    }
}

/// One tile's logits: value (128, N) = tokens (128, d) gate (N, d)', 64 rows a warpgroup.
template <int N>
__device__ __forceinline__ void multiply_tile(float (&value)[N / 2], const route_arguments& a,
                                              const tile_memory<N, false>& memory,
                                              std::uint32_t chunks, int row, int lane,
                                              ring_place& place) {
    std::uint32_t before = 0;
    for (std::uint32_t chunk = 0; chunk < chunks; ++chunk) {
        barrier_wait(memory.full + 8 * place.stage, place.parity);
        const std::uint64_t b = matrix_descriptor(memory.gate_of(place.stage, chunk, a.resident));
        const std::uint64_t x = matrix_descriptor(memory.ring + place.stage * memory.stage_bytes +
                                                  row / 64 * (64 * 128));
        wgmma_begin();
#pragma unroll
        for (int k = 0; k < 4; ++k) wgmma_bf16(value, x + 2 * k, b + 2 * k, chunk + k != 0);
        wgmma_commit();
        wgmma_wait<1>();  // the product before this one
        if (chunk > 0) release_stage<tile_shape<N, false>::cluster>(memory.empty, before, lane);
        before = place.stage;
        place.advance(1, a.stages);
    }
    wgmma_wait<0>();
    release_stage<tile_shape<N, false>::cluster>(memory.empty, before, lane);
}

/// The same from fp32 tokens: a stage is multiplied while the next is brought to half precision.
template <int N>
__device__ __forceinline__ void multiply_tile(float (&value)[N / 2], row_norms& norms,
                                              const route_arguments& a,
                                              const tile_memory<N, true>& memory,
                                              std::uint32_t chunks, int row, int lane,
                                              ring_place& place) {
    const auto convert = [&](std::uint32_t(&fragment)[4][4], const ring_place& at) {
        barrier_wait(memory.full + 8 * at.stage, at.parity);
        half_fragments(memory.ring_data + at.stage * memory.stage_bytes, row, lane % 4, fragment,
                       norms);
        __syncwarp();
        if (lane == 0) barrier_arrive(memory.read + 8 * at.stage);
    };
    const auto step = [&](std::uint32_t(&now)[4][4], std::uint32_t(&then)[4][4],
                          std::uint32_t chunk) {
        const std::uint32_t stage = place.stage;
        const std::uint64_t b = matrix_descriptor(memory.gate_of(stage, chunk, a.resident));
        wgmma_begin();
#pragma unroll
        for (int k = 0; k < 4; ++k) wgmma_half(value, now[k], b + 2 * k, chunk + k != 0);
        wgmma_commit();
        place.advance(1, a.stages);
        if (chunk + 1 < chunks) convert(then, place);
        wgmma_wait<0>();
        release_stage<tile_shape<N, true>::cluster>(memory.empty, stage, lane);
    };
    std::uint32_t even[4][4], odd[4][4];  // two, for registers have no index
    convert(even, place);
    for (std::uint32_t chunk = 0; chunk < chunks; chunk += 2) {
        step(even, odd, chunk);
        if (chunk + 1 < chunks) step(odd, even, chunk + 1);
    }
}

#endif

}  // namespace moebius::gpu
