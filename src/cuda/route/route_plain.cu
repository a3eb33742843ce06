// SPDX-License-Identifier: MIT
#include <cuda_bf16.h>

#include "route/route_common.cuh"

// The path for any card, shape and type: tiles of 64 tokens against 64 experts at a time on the
// ordinary units. Sums are float, or float64 in the exact mode.
namespace moebius::gpu {
namespace {

constexpr int rows = plain_tile_rows, columns = 64, depth = 8, threads = 256;

__device__ __forceinline__ float number(float x) { return x; }
__device__ __forceinline__ float number(__nv_bfloat16 x) { return __bfloat162float(x); }

/// A running softmax: sum of exp(v - top), NaN as soon as a value is NaN or plus infinity.
template <typename Real>
struct running_sum {
    Real top = -INFINITY, sum = 0;

    __device__ void add(Real v) {
        if (v == -INFINITY) return;
        const Real next = v > top ? v : top;
        sum = sum * exp(top - next) + exp(v - next);
        top = next;
    }
};

/// logits (64, 64) = tokens from `first`, experts from `from`; 4 x 4 a thread.
template <typename Token, typename Real>
__device__ void multiply(const route_arguments& a, std::uint32_t first, std::uint32_t from,
                         Real (&x)[depth][rows + 1], Real (&w)[depth][columns + 1],
                         Real (&logits)[rows][columns + 1]) {
    const auto* tokens = static_cast<const Token*>(a.batch.token_data);
    const auto* gate = static_cast<const Token*>(a.batch.gate_data);
    const std::uint32_t width = a.batch.width;
    const int thread = threadIdx.x, r0 = thread / 16 * 4, c0 = thread % 16 * 4;
    Real sum[4][4] = {};
    for (std::uint32_t k0 = 0; k0 < width; k0 += depth) {
        for (int i = thread; i < rows * depth; i += threads) {
            const int r = i / depth, k = i % depth;
            const bool inside = k0 + k < width;
            x[k][r] = inside && first + r < a.batch.tokens
                          ? Real{number(tokens[std::size_t{first + r} * width + k0 + k])}
                          : Real{0};
            w[k][r] = inside && from + r < a.batch.experts
                          ? Real{number(gate[std::size_t{from + r} * width + k0 + k])}
                          : Real{0};
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < depth; ++k)
#pragma unroll
            for (int i = 0; i < 4; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) sum[i][j] = fma(x[k][r0 + i], w[k][c0 + j], sum[i][j]);
        __syncthreads();
    }
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) logits[r0 + i][c0 + j] = sum[i][j];
    __syncthreads();
}

/// Writes what one token came to and counts it.
template <typename Real>
__device__ void write_token(const route_arguments& a, std::uint32_t t, bool routed,
                            const best_list<Real, most_choices + 1>& best,
                            const running_sum<Real>& share, std::uint32_t* own,
                            std::uint32_t* extra) {
    const std::uint32_t k = a.rule.choices;
    bool near = false;
#pragma unroll
    for (std::uint32_t j = 0; j < most_choices; ++j) {
        if (j >= k) break;
        const std::uint32_t e = routed ? best.e[j] : no_choice;
        a.result.choices[std::size_t{t} * k + j] = e;
        a.result.probabilities[std::size_t{t} * k + j] =
            e == no_choice ? 0.0f : static_cast<float>(exp(best.v[j] - share.top) / share.sum);
        if (e != no_choice) atomicAdd(&own[e], 1U);
        if (best.e[j + 1] != no_choice)
            near = near || best.z[j] - best.z[j + 1] <= a.rule.tie_margin;
    }
    if (!routed) atomicAdd(&extra[0], 1U);
    if (routed && near) atomicAdd(&extra[1], 1U);
}

/// router/top1.cpp choose_of_many, a tile of tokens at a time.
template <typename Token, typename Real>
__global__ void __launch_bounds__(threads) route_plain(const __grid_constant__ route_arguments a) {
    __shared__ Real x[depth][rows + 1], w[depth][columns + 1], logits[rows][columns + 1];
    __shared__ std::uint32_t extra[3];
    const std::uint32_t experts = a.batch.experts;
    std::uint32_t* own = a.block_counts + static_cast<std::size_t>(blockIdx.x) * experts;
    for (std::uint32_t e = threadIdx.x; e < experts; e += threads) own[e] = 0;
    if (threadIdx.x < 3) extra[threadIdx.x] = 0;
    __syncthreads();

    const tile_range tiles = tiles_of(a, blockIdx.x);
    for (std::uint32_t tile = tiles.first; tile < tiles.first + tiles.count; ++tile) {
        const std::uint32_t t = tile * rows + threadIdx.x;
        const bool mine = threadIdx.x < rows && t < a.batch.tokens;  // chooses for token t
        best_list<Real, most_choices + 1> best;
        running_sum<Real> share;
        for (std::uint32_t from = 0; from < experts; from += columns) {
            multiply<Token, Real>(a, tile * rows, from, x, w, logits);
            for (std::uint32_t c = 0; mine && c < columns && from + c < experts; ++c) {
                const std::uint32_t e = from + c;
                const Real v = static_cast<Real>(a.rule.beta) *
                               (logits[threadIdx.x][c] + static_cast<Real>(a.result.scores[e]));
                const Real noise =
                    a.rule.noise == route_noise::none ? Real{0} : noise_of_one<Real>(a.rule, t, e);
                share.add(v);
                best.insert(v + noise, v, e);
            }
            __syncthreads();
        }
        if (mine) {
            const bool routed = share.sum == share.sum && best.e[0] != no_choice;
            write_token(a, t, routed, best, share, own, extra);
        }
    }
    __syncthreads();
    finish_block(a, own, extra, threadIdx.x, threads);
}

}  // namespace

cudaError_t launch_plain(const route_arguments& a, cudaStream_t stream) {
    if (a.batch.type == token_type::bf16 && a.rule.exact)
        route_plain<__nv_bfloat16, double><<<a.blocks, threads, 0, stream>>>(a);
    else if (a.batch.type == token_type::bf16)
        route_plain<__nv_bfloat16, float><<<a.blocks, threads, 0, stream>>>(a);
    else if (a.rule.exact)
        route_plain<float, double><<<a.blocks, threads, 0, stream>>>(a);
    else
        route_plain<float, float><<<a.blocks, threads, 0, stream>>>(a);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
