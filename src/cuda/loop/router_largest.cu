// SPDX-License-Identifier: MIT
//
// A token's k largest of z + noise, in double as router/top_k.cpp chooses them, a token a thread.
// Operations, not bytes: two logarithms an expert and token, as of top-1 (loop_route.cu), and up to
// k comparisons.
#include <cuda_runtime.h>

#include "loop/router_rows.cuh"

namespace moebius::gpu {
namespace {

constexpr std::uint32_t threads = 256;

/// The `room` largest values that came, largest first, the lower expert on ties.
template <int room>
struct largest {
    double value[room];
    std::uint32_t expert[room];

    __device__ largest() {
#pragma unroll
        for (int j = 0; j < room; ++j) value[j] = -INFINITY, expert[j] = nowhere;
    }

    /// @pre  experts come in order
    __device__ void add(double v, std::uint32_t e) {
        if (!(v > value[room - 1])) return;
#pragma unroll
        for (int j = room - 1; j >= 0; --j) {
            const bool above = j > 0 && v > value[j > 0 ? j - 1 : 0];
            if (above) {
                value[j] = value[j - 1];
                expert[j] = expert[j - 1];
            } else if (v > value[j]) {
                value[j] = v;
                expert[j] = e;
            }
        }
    }
};

template <int room>
__global__ void __launch_bounds__(threads)
    route_largest(const __grid_constant__ router_loops work, std::uint32_t step) {
    extern __shared__ double scores[];
    const auto& base = work.base;
    const std::uint32_t experts = base.experts, run = blockIdx.y;
    auto* counts = reinterpret_cast<std::uint32_t*>(scores + experts);
    for (std::uint32_t e = threadIdx.x; e < experts; e += threads)
        scores[e] = work.sums[std::size_t{run} * experts + e];
    for (std::uint32_t e = threadIdx.x; e <= experts; e += threads) counts[e] = 0;
    __syncthreads();

    const philox generator(base.values[run].seed);
    const std::uint64_t now = base.first_step + step;
    for (std::uint64_t t = std::uint64_t{blockIdx.x} * threads + threadIdx.x; t < base.tokens;
         t += std::uint64_t{gridDim.x} * threads) {
        const auto token = static_cast<std::uint32_t>(t);
        const uint4 words = generator.words(token_stream, now, token);
        const bool given = work.rows != nullptr;
        const auto row = given ? given_row(work, t) : row_of(base, generator, now, token, words);
        if (!row.routed) {
            atomicAdd(counts + experts, 1U);
            continue;
        }
        if (experts == 2 && work.k_max == 1 && !given) {  // by inversion, as top1 does
            const double margin = __dsub_rn(row.logit(0), row.logit(1));
            const double z =
                __dmul_rn(work.beta, __dadd_rn(margin, __dsub_rn(scores[0], scores[1])));
            atomicAdd(counts + (uniform(words.x) < first_share(base.noise, z) ? 0 : 1), 1U);
            continue;
        }
        largest<room> best;
        if (given) {  // entries of a plan but for their sum, which may be 0 where a row is open
            double top = -INFINITY;
            for (std::uint32_t e = 0; e < experts; ++e)
                top = fmax(top, __dadd_rn(row.logit(e), scores[e]));
            for (std::uint32_t e = 0; e < experts; ++e) {
                const double z = __dadd_rn(row.logit(e), scores[e]);
                if (z > -INFINITY) best.add(exp(z - top), e);
            }
        } else {
            each_noise(base.noise, experts, generator, now, token, words,
                       [&](std::uint32_t e, double noise) {
                           best.add(__dadd_rn(scaled(work.beta, row.logit(e), scores[e]), noise),
                                    e);
                       });
        }
#pragma unroll
        for (int j = 0; j < room; ++j)
            if (static_cast<std::uint32_t>(j) < work.k_max && best.expert[j] != nowhere)
                atomicAdd(counts + best.expert[j], 1U);
    }
    __syncthreads();
    for (std::uint32_t e = threadIdx.x; e <= experts; e += threads)
        if (counts[e] != 0)
            atomicAdd(work.counts + std::size_t{run} * (experts + 1) + e, counts[e]);
}

template <int room>
cudaError_t start(const router_loops& work, std::uint32_t step) {
    const std::size_t bytes = work.base.experts * 12 + 4;
    route_largest<room><<<blocks_for(work.base, threads), threads, bytes>>>(work, step);
    return cudaGetLastError();
}

}  // namespace

cudaError_t launch_largest(const router_loops& work, std::uint32_t step) {
    if (work.k_max <= 1) return start<1>(work, step);
    if (work.k_max <= 2) return start<2>(work, step);
    if (work.k_max <= 4) return start<4>(work, step);
    if (work.k_max <= 8) return start<8>(work, step);
    return start<int{most_largest}>(work, step);
}

}  // namespace moebius::gpu
