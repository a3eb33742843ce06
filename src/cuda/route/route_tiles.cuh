// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "route/route_multiply.cuh"
#include "route/route_pick.cuh"
#include "route/route_recheck.cuh"

// The tensor-core path. A persistent block takes tiles of 128 tokens; one warp feeds a ring of
// stages of 64 columns through the copy engine, two warpgroups of 64 tokens each multiply them
// with the gate (N >= E columns) and choose from the logits in their registers.
//
// bytes       T d (2 or 4) + E d (2 or 4) + 8 T k: the floor while E is small
// operations  2 T E d: the floor from about E = 256 on (790 TFLOP/s in 16 bits)
//
// With N <= 64 or a small d the gate stays in shared memory. Else it is
// streamed from L2, each half once for a cluster of two blocks.
namespace moebius::gpu {

#if MOEBIUS_SM90A

__device__ __forceinline__ float largest_in_warp(const float* from, std::uint32_t count, int lane) {
    float most = 0;
    for (std::uint32_t i = lane; i < count; i += 32) most = fmaxf(most, fabsf(from[i]));
    for (int s = 16; s > 0; s /= 2) most = fmaxf(most, __shfl_xor_sync(~0U, most, s));
    return most;
}

/// Orders the threads that multiply.
template <int Threads>
__device__ __forceinline__ void multipliers_sync() {
    asm volatile("bar.sync 1, %0;" ::"n"(Threads) : "memory");
}

/// The two warpgroups that multiply: tile after tile, then what is left open, then the totals.
template <int N, bool Fp32, bool General>
__device__ __forceinline__ void route_tiles_of_block(const route_arguments& a,
                                                     const tile_memory<N, Fp32>& memory,
                                                     tile_range tiles, std::uint32_t chunks) {
    const int thread = static_cast<int>(threadIdx.x) - 128, lane = thread % 32;
    constexpr int threads = tile_shape<N, Fp32>::multipliers;
    const std::uint32_t team = thread / 256;
    const int row = thread % 256 / 32 * 16 + fragment_row<Fp32>(lane);
    for (int e = thread; e < N; e += threads) {
        const bool used = static_cast<std::uint32_t>(e) < a.batch.experts;
        const float unit = a.rule.beta * log2_e;
        memory.shift[e] = used ? unit * a.result.scores[e] : -INFINITY;
        memory.scale[e] = Fp32 && used ? unit * a.gate_scale[e] : unit;
        memory.own[e] = 0;
        if (e < 4) memory.extra[e] = 0;
    }
    chooser c{memory.scale, memory.shift, memory.own, memory.extra};
    c.lane = lane;
    c.begin = tiles.first * tensor_tile_rows;
    if constexpr (Fp32) {
        c.most_gate = largest_in_warp(a.gate_scale + 256, a.batch.experts, lane);
        c.most_lost = largest_in_warp(a.gate_scale + 512, a.batch.experts, lane);
        c.most_shift =
            a.rule.beta * log2_e * largest_in_warp(a.result.scores, a.batch.experts, lane);
    }
    multipliers_sync<threads>();

    if (a.resident) barrier_wait(memory.kept, 0);
    ring_place place;
    place.advance(team * chunks, a.stages);
    for (std::uint32_t i = team; team < a.teams && i < tiles.count; i += a.teams) {
        float value[N / 2];
        row_norms norms;
        if constexpr (Fp32)
            multiply_tile<N>(value, norms, a, memory, chunks, row, lane, place);
        else
            multiply_tile<N>(value, a, memory, chunks, row, lane, place);
        place.advance((a.teams - 1) * chunks, a.stages);
        const std::uint32_t first = (tiles.first + i) * tensor_tile_rows + row;
        const std::uint32_t token[2] = {first, first + 8};
        if constexpr (N <= 32 && !Fp32 && !General)
            choose_narrow<N>(value, a, c, token);
        else
            choose_tile<N, Fp32, General>(value, norms, a, c, token);
    }
    multipliers_sync<threads>();
    if constexpr (Fp32) {
        if (a.rule.exact) {
            if (thread == 0) memory.extra[2] = memory.extra[3];
            settle_tokens<General ? most_choices + 1 : 2>(a, c.begin, memory.extra[3], thread / 32,
                                                          threads / 32, lane, memory.own,
                                                          &memory.extra[0], &memory.extra[1]);
            multipliers_sync<threads>();
        }
    }
    finish_block(a, memory.own, memory.extra, thread, threads);
}

#endif

/// for t: l = gate x_t; choice = argmax beta (l + s) + noise; p = softmax; ++count; then s += ...
template <int N, bool Fp32, bool General>
__global__ void __launch_bounds__(tile_shape<N, Fp32>::threads, 1)
    route_tiles(const __grid_constant__ CUtensorMap tokens,
                const __grid_constant__ CUtensorMap gate,
                const __grid_constant__ route_arguments a) {
#if MOEBIUS_SM90A
    using shape = tile_shape<N, Fp32>;
    extern __shared__ char raw[];
    const std::uint32_t chunks = (a.batch.width + stage_columns - 1) / stage_columns;
    const tile_memory<N, Fp32> memory(raw, a, chunks);
    const tile_range tiles = tiles_of(a, blockIdx.x);
    if (threadIdx.x == 0) {
        prefetch_map(&tokens);
        prefetch_map(&gate);
        for (std::uint32_t s = 0; s < a.stages; ++s) {
            barrier_init(memory.full + 8 * s, 1);
            barrier_init(memory.read + 8 * s, 8);
            barrier_init(memory.empty + 8 * s, 8 * shape::cluster);
        }
        barrier_init(memory.kept, 1);
        barrier_init_fence();
    }
    if constexpr (shape::cluster > 1) cluster_sync();
    __syncthreads();
    if (threadIdx.x < 128) {
        if constexpr (N >= 128) give_registers<40>();
        if (threadIdx.x == 0) feed_tiles<N, Fp32>(&tokens, &gate, a, memory, tiles, chunks);
    } else {
        if constexpr (N >= 128) take_registers<232>();
        route_tiles_of_block<N, Fp32, General>(a, memory, tiles, chunks);
    }
    if constexpr (shape::cluster > 1) {  // the other block may still arrive at barriers here
        __syncthreads();
        __syncwarp();
        cluster_sync();
    }
#endif
}

/// Chooses ring depth and grid, and launches.
template <int N, bool Fp32, bool General>
cudaError_t launch_tiles(route_arguments a, const CUtensorMap& tokens, const CUtensorMap& gate,
                         cudaStream_t stream) {
    using shape = tile_shape<N, Fp32>;
    int device = 0, room = 0, cache = 0;
    cudaError_t status = cudaGetDevice(&device);
    if (status == cudaSuccess)
        status = cudaDeviceGetAttribute(&room, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
    if (status == cudaSuccess)
        status = cudaDeviceGetAttribute(&cache, cudaDevAttrL2CacheSize, device);
    if (status != cudaSuccess) return status;
    // What others wrote to the cache need not be written back while a short batch is read (a
    // twentieth of its time); of a long one all the cache is turned over, and it costs as much.
    const std::uint64_t size =
        std::uint64_t{a.batch.tokens} * a.batch.width * (Fp32 ? sizeof(float) : 2);
    const auto kept_by_l2 = static_cast<std::uint64_t>(cache);
    a.once = size > kept_by_l2 && size <= 4 * kept_by_l2;
    const std::uint32_t chunks = (a.batch.width + stage_columns - 1) / stage_columns;
    const std::uint32_t space = static_cast<std::uint32_t>(room) - 1024 - shape::tail_bytes;
    const std::uint64_t kept = std::uint64_t{chunks} * shape::gate_bytes;
    a.resident = kept + 4 * shape::token_bytes <= space;
    const std::uint32_t stage_bytes = shape::token_bytes + (a.resident ? 0 : shape::gate_bytes);
    a.stages = (space - (a.resident ? static_cast<std::uint32_t>(kept) : 0)) / stage_bytes;
    const std::uint32_t most = !Fp32 && N <= 64 && chunks == 1 ? most_narrow_stages : most_stages;
    if (a.stages > most) a.stages = most;
    // A team may wait for a stage only when its last round is done: parities tell no more.
    for (a.teams = shape::teams; (a.teams - 1) * chunks >= a.stages;) --a.teams;
    const std::uint32_t bytes = 1024 + shape::tail_bytes + a.stages * stage_bytes +
                                (a.resident ? static_cast<std::uint32_t>(kept) : 0);

    const auto kernel = route_tiles<N, Fp32, General>;
    status = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(bytes));
    if (status != cudaSuccess) return status;
    cudaLaunchAttribute together{};
    together.id = cudaLaunchAttributeClusterDimension;
    together.val.clusterDim = {shape::cluster, 1, 1};
    cudaLaunchConfig_t config{};
    config.gridDim = a.blocks;
    config.blockDim = shape::threads;
    config.dynamicSmemBytes = bytes;
    config.stream = stream;
    config.attrs = &together;
    config.numAttrs = shape::cluster > 1 ? 1 : 0;
    return cudaLaunchKernelEx(&config, kernel, tokens, gate, a);
}

template <bool Fp32, bool General>
cudaError_t launch_tiles_of_width(const route_arguments& a, const CUtensorMap& tokens,
                                  const CUtensorMap& gate, cudaStream_t stream) {
    switch (tile_width(a.batch.experts)) {
        case 8:
            return launch_tiles<8, Fp32, General>(a, tokens, gate, stream);
        case 16:
            return launch_tiles<16, Fp32, General>(a, tokens, gate, stream);
        case 32:
            return launch_tiles<32, Fp32, General>(a, tokens, gate, stream);
        case 64:
            return launch_tiles<64, Fp32, General>(a, tokens, gate, stream);
        case 128:
            return launch_tiles<128, Fp32, General>(a, tokens, gate, stream);
        case 256:
            return launch_tiles<256, Fp32, General>(a, tokens, gate, stream);
        default:
            return cudaErrorInvalidValue;
    }
}

}  // namespace moebius::gpu
