// SPDX-License-Identifier: MIT
#include "router/router_subset_draw.cuh"

namespace moebius::gpu {
namespace {

/// for t: z, law as the CPU's; u_e = word e % 4 of block e / 4; S = law.sample(u_E, u); weights =
/// softmax(z) on S
///
/// bytes       9 T E (read 4, written 5): 9.5 us for 65,536 x 64
/// operations  an expert and token: 5 exponentials, of them one in Real, and 4 operations in Real
///             for each of `lanes` numbers of members, where K + 1 would do; k = 8: 139 us in
///             double, 117 us in float on an H200. By the machine code some 2,500 instructions a
///             warp of two tokens, 90 us to issue: these are the limit, not bytes
template <typename Real, int lanes>
__global__ void draw_subsets(const __grid_constant__ subset_batch b,
                             const __grid_constant__ subset_draw d) {
    extern __shared__ __align__(16) char shared[];
    const std::uint32_t groups = blockDim.x / lanes, number = threadIdx.x / lanes;
    const std::uint32_t lane = threadIdx.x % lanes, experts = b.experts;
    const draw_places<Real> mine(shared, number, experts);
    auto* counts = reinterpret_cast<std::uint32_t*>(shared + groups * draw_bytes<Real>(experts));
    for (std::uint32_t e = threadIdx.x; e <= experts; e += blockDim.x) counts[e] = 0;
    __syncthreads();

    for (std::uint64_t first = std::uint64_t{blockIdx.x} * groups; first < b.tokens;
         first += std::uint64_t{gridDim.x} * groups) {
        const std::uint64_t t = first + number;
        const auto row = static_cast<std::uint32_t>(t);
        const auto z_at = [&](std::uint32_t e) { return z_of<Real>(b, row, e); };
        const auto law = law_of<Real, lanes>(b, t < b.tokens, z_at, mine);
        draw_members<Real, lanes>(b, d.seed, d.step, d.first_token + row, law, mine);
        if (t < b.tokens) {
            for (std::uint32_t e = lane; e < experts; e += lanes) {
                const bool member = law.routed && mine.answers[e] != 0;
                float weight = 0;
                if (member) {
                    weight = expf(static_cast<float>(z_at(e) - law.top)) / law.sum;
                    atomicAdd(&counts[e], 1U);
                }
                d.chosen[t * experts + e] = member ? 1 : 0;
                d.weights[t * experts + e] = weight;
            }
            if (lane == 0 && !law.routed) atomicAdd(&counts[experts], 1U);
        }
        __syncwarp();  // the next token overwrites what was read here
    }
    __syncthreads();
    for (std::uint32_t e = threadIdx.x; e <= experts; e += blockDim.x)
        if (counts[e] != 0) atomicAdd(&d.counts[e], counts[e]);
}

}  // namespace

cudaError_t launch_subset_draw(const subset_batch& b, const subset_draw& d, cudaStream_t stream) {
    if (!fits(b)) return cudaErrorInvalidValue;
    const cudaError_t status = cudaMemsetAsync(d.counts, 0, 4 * (b.experts + 1), stream);
    if (status != cudaSuccess || b.tokens == 0) return status;
    return with_shape(b, [&](auto real, auto lanes) {
        using Real = decltype(real);
        const draw_shape shape(draw_bytes<Real>(b.experts), lanes(), 4 * (b.experts + 1));
        return launch_tokens(draw_subsets<Real, lanes()>, lanes(), shape.warps, shape.bytes,
                             b.tokens, stream, b, d);
    });
}

}  // namespace moebius::gpu
