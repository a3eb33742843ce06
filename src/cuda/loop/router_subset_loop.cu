// SPDX-License-Identifier: MIT
//
// A random subset of experts for each token, in double as router/probmoe.cpp draws it. Operations:
// those of router/router_subset.cu.
#include "loop/router_rows.cuh"
#include "router/router_subset_draw.cuh"

namespace moebius::gpu {
namespace {

template <int lanes>
__global__ void route_subsets(const __grid_constant__ router_loops work,
                              const __grid_constant__ subset_batch b, std::uint32_t step) {
    extern __shared__ __align__(16) char shared[];
    const auto& base = work.base;
    const std::uint32_t groups = blockDim.x / lanes, number = threadIdx.x / lanes;
    const std::uint32_t lane = threadIdx.x % lanes, experts = b.experts, run = blockIdx.y;
    const draw_places<double> mine(shared, number, experts);
    auto* counts = reinterpret_cast<std::uint32_t*>(shared + groups * draw_bytes<double>(experts));
    for (std::uint32_t e = threadIdx.x; e <= experts; e += blockDim.x) counts[e] = 0;
    __syncthreads();

    const double* scores = work.sums + std::size_t{run} * experts;
    const philox generator(base.values[run].seed);
    const std::uint64_t seed = base.values[run].seed, now = base.first_step + step;
    token_law<double> law;
    const std::uint64_t begin = std::uint64_t{blockIdx.x} * groups;
    for (std::uint64_t first = begin; first < base.tokens;
         first += std::uint64_t{gridDim.x} * groups) {
        const std::uint64_t t = first + number;
        const auto token = static_cast<std::uint32_t>(t);
        const bool there = t < base.tokens, alike = base.source == tokens::none;
        if (!alike || first == begin) {
            token_row row;
            if (!alike)
                row =
                    row_of(base, generator, now, token, generator.words(token_stream, now, token));
            const auto z_at = [&](std::uint32_t e) {
                return scaled(work.beta, row.logit(e), scores[e]);
            };
            law = law_of<double, lanes>(b, there && row.routed, z_at, mine);
        }
        draw_members<double, lanes>(b, seed, now, token, law, mine);
        if (there && law.routed)
            for (std::uint32_t e = lane; e < experts; e += lanes)
                if (mine.answers[e] != 0) atomicAdd(&counts[e], 1U);
        if (there && !law.routed && lane == 0) atomicAdd(&counts[experts], 1U);
        __syncwarp();  // the next token overwrites what was read here
    }
    __syncthreads();
    for (std::uint32_t e = threadIdx.x; e <= experts; e += blockDim.x)
        if (counts[e] != 0)
            atomicAdd(work.counts + std::size_t{run} * (experts + 1) + e, counts[e]);
}

}  // namespace

cudaError_t launch_subset(const router_loops& work, std::uint32_t step) {
    const subset_batch b{static_cast<std::uint32_t>(work.base.tokens),
                         work.base.experts,
                         nullptr,
                         nullptr,
                         work.beta,
                         work.k_min,
                         work.k_max,
                         subset_arithmetic::fp64};
    return with_shape(b, [&](auto, auto lanes) {
        const draw_shape shape(draw_bytes<double>(b.experts), lanes(), 4 * (b.experts + 1));
        const auto kernel = route_subsets<lanes()>;
        const auto status = cudaFuncSetAttribute(
            kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shape.bytes));
        if (status != cudaSuccess) return status;
        const auto grid = blocks_for(work.base, shape.warps * (32 / lanes()));
        kernel<<<grid, 32 * shape.warps, shape.bytes>>>(work, b, step);
        return cudaGetLastError();
    });
}

}  // namespace moebius::gpu
