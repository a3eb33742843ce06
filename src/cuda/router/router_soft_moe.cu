// SPDX-License-Identifier: MIT
#include "router/router_soft_moe.hpp"

#include <cuda_runtime.h>

#include "router/router_product.cuh"

// Two readings of the logits: rows (C, and each block's part of the columns), then columns (D).
namespace moebius::gpu {
namespace {

constexpr int warps = 8;
constexpr std::uint32_t most_blocks = 528;  // four on each multiprocessor of an H200

struct column_part {
    double combined;  // sum of C
    float top, sum;   // LSE = top + log(sum)
};
struct column_law {
    float top, inverse;  // D = exp(l - top) inverse
};

struct workspace_view {
    column_part* parts;     // (blocks, S)
    column_law* laws;       // (S)
    std::uint32_t* routed;  // (blocks)
};

workspace_view view_of(void* workspace, std::uint32_t S) {
    auto* parts = static_cast<column_part*>(workspace);
    auto* laws = reinterpret_cast<column_law*>(parts + std::size_t{most_blocks} * S);
    return {parts, laws, reinterpret_cast<std::uint32_t*>(laws + S)};
}

__device__ float sum_of_warp(float x) {
#pragma unroll
    for (int s = 16; s > 0; s /= 2) x += __shfl_xor_sync(~0U, x, s);
    return x;
}
__device__ float top_of_warp(float x) {
#pragma unroll
    for (int s = 16; s > 0; s /= 2) x = fmaxf(x, __shfl_xor_sync(~0U, x, s));
    return x;
}

__device__ void add(float& top, float& sum, float other_top, float other_sum) {
    if (!(other_top > -INFINITY)) return;
    const float factor = expf(-fabsf(other_top - top));
    sum = other_top > top ? sum * factor + other_sum : sum + other_sum * factor;
    top = fmaxf(top, other_top);
}

/// Column 32 i + lane in x[i]; closed where there is none.
template <int per_lane>
struct row_of_warp {
    float x[per_lane];
    __device__ void read(const mixture_logits& l, std::uint64_t t) {
        const std::uint32_t S = l.experts * l.slots;
#pragma unroll
        for (int i = 0; i < per_lane; ++i) {
            const std::uint32_t j = 32 * i + threadIdx.x % 32;
            x[i] = t < l.tokens && j < S ? l.logits[t * S + j] : -INFINITY;
        }
    }
};

/// for t: top = max_j l_tj; C_tj = exp(l_tj - top) / sum_j exp(l_tj - top)
/// A warp a row, per_lane columns a lane; columns are summed on the way.
///
/// bytes  8 T S; with dispatch_columns 41 us for 65,536 x 64 on an H200, where 12 T S would be 13
/// us
template <int per_lane>
__global__ void __launch_bounds__(32 * warps)
    combine_rows(const mixture_logits l, const mixture_weights w, workspace_view to) {
    extern __shared__ column_part shared[];  // (warps, S)
    const std::uint32_t S = l.experts * l.slots, lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    column_part of[per_lane];
#pragma unroll
    for (auto& o : of) o = {0, -INFINITY, 0};
    std::uint32_t routed = 0;
    const std::uint64_t stride = std::uint64_t{gridDim.x} * warps;
    row_of_warp<per_lane> next;
    next.read(l, std::uint64_t{blockIdx.x} * warps + warp);
    for (std::uint64_t t = std::uint64_t{blockIdx.x} * warps + warp; t < l.tokens; t += stride) {
        const row_of_warp<per_lane> now = next;
        next.read(l, t + stride);
        const auto& x = now.x;
        float e[per_lane], top = -INFINITY, sum = 0;
        bool bad = false;
#pragma unroll
        for (int i = 0; i < per_lane; ++i) {
            bad = bad || !(x[i] < INFINITY);
            top = fmaxf(top, x[i]);
        }
        top = top_of_warp(top);
        const bool kept = !__any_sync(~0U, bad) && top > -INFINITY;
#pragma unroll
        for (int i = 0; i < per_lane; ++i) sum += e[i] = kept ? expf(x[i] - top) : 0;
        const float share = 1 / sum_of_warp(sum);
#pragma unroll
        for (int i = 0; i < per_lane; ++i) {
            const float c = kept ? e[i] * share : 0;
            of[i].combined += static_cast<double>(c);
            if (kept) add(of[i].top, of[i].sum, x[i], 1);
            const std::uint32_t j = 32 * i + lane;
            if (j < S) w.combine[t * S + j] = c;
        }
        if (lane == 0) w.kept[t] = kept ? 1 : 0;
        routed += kept;
    }
#pragma unroll
    for (int i = 0; i < per_lane; ++i)
        if (32 * i + lane < S) shared[warp * S + 32 * i + lane] = of[i];
    __shared__ std::uint32_t of_warps[warps];
    if (lane == 0) of_warps[warp] = routed;
    __syncthreads();
    for (std::uint32_t j = threadIdx.x; j < S; j += blockDim.x) {
        column_part all = shared[j];
        for (std::uint32_t v = 1; v < warps; ++v) {
            const column_part part = shared[v * S + j];
            all.combined += part.combined;
            add(all.top, all.sum, part.top, part.sum);
        }
        to.parts[std::size_t{blockIdx.x} * S + j] = all;
    }
    if (threadIdx.x == 0) {
        std::uint32_t all = 0;
        for (const std::uint32_t n : of_warps) all += n;
        to.routed[blockIdx.x] = all;
    }
}

/// A warp an expert: its slots' columns over all blocks, in a fixed order.
__global__ void join_blocks(const mixture_logits l, const mixture_weights w, workspace_view from,
                            std::uint32_t blocks) {
    const std::uint32_t e = blockIdx.x * warps + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (e >= l.experts) return;
    const std::uint32_t S = l.experts * l.slots;
    double load = 0;
    std::uint32_t routed = 0;
    for (std::uint32_t b = lane; b < blocks; b += 32) routed += from.routed[b];
    routed = __reduce_add_sync(~0U, routed);
    for (std::uint32_t j = e * l.slots; j < (e + 1) * l.slots; ++j) {
        float top = -INFINITY, sum = 0;
        for (std::uint32_t b = lane; b < blocks; b += 32) {
            const column_part part = from.parts[std::size_t{b} * S + j];
            load += part.combined;
            add(top, sum, part.top, part.sum);
        }
        const float all = top_of_warp(top);
        sum = sum_of_warp(top > -INFINITY ? sum * expf(top - all) : 0);
        if (lane == 0) from.laws[j] = {all, sum > 0 ? 1 / sum : 0};
    }
    if (w.loads == nullptr) return;
#pragma unroll
    for (int s = 16; s > 0; s /= 2) load += __shfl_xor_sync(~0U, load, s);
    if (lane == 0) w.loads[e] = routed > 0 ? load / routed : 0;
}

/// D_tj = exp(l_tj - top_j) / sum_j, 0 for a token left out
/// bytes  8 T S
template <int per_lane>
__global__ void __launch_bounds__(32 * warps)
    dispatch_columns(const mixture_logits l, const mixture_weights w, workspace_view from) {
    const std::uint32_t S = l.experts * l.slots, lane = threadIdx.x % 32;
    column_law law[per_lane];
#pragma unroll
    for (int i = 0; i < per_lane; ++i)
        law[i] = 32 * i + lane < S ? from.laws[32 * i + lane] : column_law{0, 0};
    const std::uint64_t stride = std::uint64_t{gridDim.x} * warps;
    std::uint64_t t = std::uint64_t{blockIdx.x} * warps + threadIdx.x / 32;
    row_of_warp<per_lane> next;
    next.read(l, t);
    bool kept_next = t < l.tokens && w.kept[t] != 0;
    for (; t < l.tokens; t += stride) {
        const row_of_warp<per_lane> now = next;
        const bool kept = kept_next;
        next.read(l, t + stride);
        kept_next = t + stride < l.tokens && w.kept[t + stride] != 0;
#pragma unroll
        for (int i = 0; i < per_lane; ++i) {
            const std::uint32_t j = 32 * i + lane;
            if (j >= S) continue;
            const bool open = kept && law[i].inverse > 0;
            w.dispatch[t * S + j] = open ? expf(now.x[i] - law[i].top) * law[i].inverse : 0;
        }
    }
}

template <int per_lane>
cudaError_t launch_rows(const mixture_logits& l, const mixture_weights& w, void* workspace,
                        cudaStream_t stream) {
    const std::uint32_t S = l.experts * l.slots;
    const workspace_view view = view_of(workspace, S);
    const std::uint32_t needed = (l.tokens + warps - 1) / warps;
    const std::uint32_t blocks = needed < 1 ? 1 : needed < most_blocks ? needed : most_blocks;
    const std::size_t bytes = warps * S * sizeof(column_part);
    cudaError_t status =
        cudaFuncSetAttribute(combine_rows<per_lane>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(bytes));
    if (status != cudaSuccess) return status;
    combine_rows<per_lane><<<blocks, 32 * warps, bytes, stream>>>(l, w, view);
    join_blocks<<<(l.experts + warps - 1) / warps, 32 * warps, 0, stream>>>(l, w, view, blocks);
    if (w.dispatch != nullptr)
        dispatch_columns<per_lane><<<blocks, 32 * warps, 0, stream>>>(l, w, view);
    return cudaGetLastError();
}

bool fits(const mixture_logits& l) {
    return l.experts >= 1 && l.slots >= 1 && l.experts <= most_mixture_slots &&
           l.slots <= most_mixture_slots && l.experts * l.slots <= most_mixture_slots &&
           l.tokens < 1U << 31;
}

/// D^T: a row is a slot, a column a token.
struct dispatch_factor {
    const float* dispatch;
    std::uint32_t S;
    __device__ float operator()(std::uint32_t slot, std::uint32_t t) const {
        return slot < S ? dispatch[std::size_t{t} * S + slot] : 0;
    }
};
struct token_factor {
    const float* tokens;
    const std::uint8_t* kept;
    std::uint32_t width;
    __device__ float operator()(std::uint32_t t, std::uint32_t q) const {
        return q < width && kept[t] != 0 ? tokens[std::size_t{t} * width + q] : 0;
    }
};
struct combine_factor {
    const float* combine;
    std::uint32_t tokens, S;
    __device__ float operator()(std::uint32_t t, std::uint32_t slot) const {
        return t < tokens ? combine[std::size_t{t} * S + slot] : 0;
    }
};
struct slot_factor {
    const float* outputs;
    std::uint32_t width;
    __device__ float operator()(std::uint32_t slot, std::uint32_t q) const {
        return q < width ? outputs[std::size_t{slot} * width + q] : 0;
    }
};
/// To (splits, rows, width).
struct put_part {
    float* to;
    std::uint32_t rows, width;
    __device__ void operator()(std::uint32_t split, std::uint32_t i, std::uint32_t q,
                               float sum) const {
        to[(std::size_t{split} * rows + i) * width + q] = sum;
    }
};

__global__ void sum_splits(const float* parts, std::uint32_t splits, std::size_t size, float* to) {
    const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (i >= size) return;
    double sum = 0;
    for (std::uint32_t s = 0; s < splits; ++s) sum += static_cast<double>(parts[s * size + i]);
    to[i] = static_cast<float>(sum);
}

std::uint32_t tiles(std::uint32_t size, std::uint32_t of) { return (size + of - 1) / of; }
std::uint32_t tile_columns(std::uint32_t width) { return width <= 64 ? 64 : 128; }

/// Parts of the tokens, in tokens: enough blocks for the device, none of few tokens.
std::uint32_t tokens_of_split(const mixture_logits& l, std::uint32_t width) {
    const std::uint32_t across =
        tiles(l.experts * l.slots, product_rows) * tiles(width, tile_columns(width));
    const std::uint32_t splits = across < most_blocks ? most_blocks / across : 1;
    const std::uint32_t of = tiles(tiles(l.tokens, splits), product_depth) * product_depth;
    return of < 256 ? 256 : of;
}

}  // namespace

std::size_t mixture_workspace_bytes(std::uint32_t S) {
    return std::size_t{most_blocks} * (S * sizeof(column_part) + 4) + S * sizeof(column_law);
}

cudaError_t launch_mixture_weights(const mixture_logits& l, const mixture_weights& w,
                                   void* workspace, cudaStream_t stream) {
    if (!fits(l)) return cudaErrorInvalidValue;
    const std::uint32_t S = l.experts * l.slots;
    if (S <= 32) return launch_rows<1>(l, w, workspace, stream);
    if (S <= 64) return launch_rows<2>(l, w, workspace, stream);
    if (S <= 128) return launch_rows<4>(l, w, workspace, stream);
    if (S <= 256) return launch_rows<8>(l, w, workspace, stream);
    return launch_rows<16>(l, w, workspace, stream);
}

std::size_t slot_inputs_workspace_bytes(const mixture_logits& l, std::uint32_t width) {
    const std::size_t splits = tiles(l.tokens, tokens_of_split(l, width));
    return splits * l.experts * l.slots * width * 4;
}

// bytes       4 T (S + d): 72 us for T = 65,536, S = 64, d = 1024 on an H200
// operations  2 T S d: 322 us there, 27 TFLOP/s
cudaError_t launch_slot_inputs(const mixture_logits& l, const mixture_weights& w,
                               const float* tokens, std::uint32_t width, float* slot_inputs,
                               void* workspace, cudaStream_t stream) {
    if (!fits(l) || width < 1) return cudaErrorInvalidValue;
    const std::uint32_t S = l.experts * l.slots, of = tokens_of_split(l, width);
    const std::size_t size = std::size_t{S} * width;
    const dim3 grid(tiles(width, tile_columns(width)), tiles(S, product_rows), tiles(l.tokens, of));
    const dispatch_factor a{w.dispatch, S};
    const token_factor b{tokens, w.kept, width};
    const put_part put{static_cast<float*>(workspace), S, width};
    if (l.tokens == 0) {
    } else if (width <= 64) {
        tiled_product<64, true, true>
            <<<grid, product_threads, 0, stream>>>(a, b, put, S, width, l.tokens, of);
    } else {
        tiled_product<128, true, true>
            <<<grid, product_threads, 0, stream>>>(a, b, put, S, width, l.tokens, of);
    }
    sum_splits<<<static_cast<unsigned>((size + 255) / 256), 256, 0, stream>>>(
        static_cast<const float*>(workspace), grid.z, size, slot_inputs);
    return cudaGetLastError();
}

// bytes       4 T (S + d): 72 us as above
// operations  2 T S d: 384 us there, 22 TFLOP/s
cudaError_t launch_mixture_output(const mixture_logits& l, const mixture_weights& w,
                                  const float* slot_outputs, std::uint32_t width, float* output,
                                  cudaStream_t stream) {
    if (!fits(l) || width < 1) return cudaErrorInvalidValue;
    const std::uint32_t S = l.experts * l.slots;
    const combine_factor a{w.combine, l.tokens, S};
    const slot_factor b{slot_outputs, width};
    const put_part put{output, l.tokens, width};
    constexpr std::uint32_t most_rows = 65535 * product_rows;  // of a grid's second dimension
    if (l.tokens > most_rows) return cudaErrorInvalidValue;
    const dim3 grid(tiles(width, tile_columns(width)), tiles(l.tokens, product_rows));
    if (l.tokens == 0) return cudaSuccess;
    if (width <= 64)
        tiled_product<64, false, true>
            <<<grid, product_threads, 0, stream>>>(a, b, put, l.tokens, width, S, S);
    else
        tiled_product<128, false, true>
            <<<grid, product_threads, 0, stream>>>(a, b, put, l.tokens, width, S, S);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
