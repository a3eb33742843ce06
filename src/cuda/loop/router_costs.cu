// SPDX-License-Identifier: MIT
//
// The cost of a batch that Sinkhorn's scaling routes, as router/selective_sinkhorn.cpp makes it
// from linear costs: without the scores, which change no plan. A token a thread.
#include <cuda_runtime.h>

#include "loop/router_rows.cuh"

namespace moebius::gpu {
namespace {

constexpr std::uint32_t threads = 256;

__global__ void __launch_bounds__(threads)
    make_costs(const __grid_constant__ router_loops work, std::uint32_t step, double scale,
               double xi, double* rows) {
    const auto& base = work.base;
    const philox generator(base.values->seed);
    const std::uint64_t now = base.first_step + step;
    for (std::uint64_t t = std::uint64_t{blockIdx.x} * threads + threadIdx.x; t < base.tokens;
         t += std::uint64_t{gridDim.x} * threads) {
        const auto token = static_cast<std::uint32_t>(t);
        const uint4 words = generator.words(token_stream, now, token);
        const auto row = row_of(base, generator, now, token, words);
        double* to = rows + t * base.experts;
        if (!row.routed) {
            to[0] = NAN;
            continue;
        }
        each_noise(scale > 0 ? noise::gaussian : noise::none, base.experts, generator, now, token,
                   words, [&](std::uint32_t e, double drawn) {
                       to[e] = __ddiv_rn(
                           __dadd_rn(__dmul_rn(work.beta, row.logit(e)), __dmul_rn(scale, drawn)),
                           xi);
                   });
    }
}

}  // namespace

cudaError_t launch_costs(const router_loops& work, std::uint32_t step, double scale, double xi,
                         double* rows) {
    make_costs<<<blocks_for(work.base, threads), threads>>>(work, step, scale, xi, rows);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
