// SPDX-License-Identifier: MIT
#pragma once

#include "router/router_subset.cuh"
#include "router/router_subset_launch.cuh"

// Draws walk through the dynamic program of router/weighted_draws.hpp, a token to a group of 4, 8,
// 16 or 32 lanes: lane n holds the probability that n of the first i experts come out.
//
//   reached = [1, 0, 0, ...]
//   for i < E: reached_n = reached_n no_i + reached_{n-1} yes_i
//
// A draw walks back through that table. What it will ask at expert i with n members left,
// u_i (in + out) < in, is two terms of the same line, so it is answered on the way forward, for
// all n in one ballot, and the table shrinks to a word an expert.
namespace moebius::gpu {

inline constexpr std::size_t shared_aim = 56 * 1024;  // of a block: four of them fit

/// reached_n of one more expert; `in` is the part with it.
template <typename Real, int lanes>
__device__ Real step_forward(Real reached, odds<Real> by, Real& in) {
    Real below = __shfl_up_sync(~0U, reached, 1, lanes);
    if (threadIdx.x % lanes == 0) below = 0;
    in = below * by.yes;
    return reached * by.no + in;
}

/// How many members S has: the first n at which the sum of g(n) reached_n / total exceeds u.
template <typename Real, int lanes>
__device__ std::uint32_t draw_size(const token_law<Real>& law, Real reached, std::uint32_t most,
                                   double u) {
    const Real part = law.weight(threadIdx.x % lanes) * reached;
    const Real total = group{lanes}.sum(part);
    const double share = static_cast<double>(part / total);
    double below = __shfl_sync(~0U, share, 0, lanes);
    std::uint32_t size = 0;
    for (std::uint32_t n = 1; n <= most; ++n) {
        const double next = __shfl_sync(~0U, share, n, lanes);
        if (size == n - 1 && size < law.k_max && u >= below) ++size;
        below += next;
    }
    return size;
}

/// The shared memory of a group: odds (E), uniforms (E + 1), answers (E). In multiples of 16 bytes.
template <typename Real>
__host__ __device__ std::size_t draw_bytes(std::uint32_t experts) {
    return (experts * (3 * sizeof(Real) + 4) + 8 + sizeof(Real) + 15) / 16 * 16;
}

/// What a group keeps of its token, in shared memory.
template <typename Real>
struct draw_places {
    odds<Real>* by;          // (E)
    Real* u;                 // (E + 1)
    std::uint32_t* answers;  // (E): at last 1 for the members

    __device__ draw_places(char* shared, std::uint32_t number, std::uint32_t experts)
        : by(reinterpret_cast<odds<Real>*>(shared + number * draw_bytes<Real>(experts))),
          u(reinterpret_cast<Real*>(by + experts)),
          answers(reinterpret_cast<std::uint32_t*>(u + experts + 1)) {}
};

/// The law of one token, whose odds it leaves in `to`.
template <typename Real, int lanes, typename At>
__device__ token_law<Real> law_of(const subset_batch& b, bool there, At z_at,
                                  const draw_places<Real>& to) {
    shared_odds<Real> places{to.by, {lanes}, b.experts};
    const auto law = read_token<Real>(b, there, z_at, places);
    __syncwarp();
    return law;
}

/// S = law.sample(u_E, u) of one token, u_e = word e % 4 of block e / 4 of stream `subset`.
/// @param token  its number in the batch
template <typename Real, int lanes>
__device__ void draw_members(const subset_batch& b, std::uint64_t seed, std::uint64_t step,
                             std::uint32_t token, const token_law<Real>& law,
                             const draw_places<Real>& to) {
    const std::uint32_t lane = threadIdx.x % lanes, experts = b.experts;
    const std::uint32_t words = b.k_min < b.k_max ? experts + 1 : experts;
    for (std::uint32_t j = lane; 4 * j < words; j += lanes) {
        const uint4 w = random_words(seed, subset_stream + (j << 8), step, token);
        const std::uint32_t of_block[4] = {w.x, w.y, w.z, w.w};
#pragma unroll
        for (std::uint32_t i = 0; i < 4; ++i)
            if (4 * j + i < words) to.u[4 * j + i] = uniform_of<Real>(of_block[i]);
    }
    __syncwarp();

    Real reached = lane == 0 ? 1 : 0, in;
#pragma unroll 4
    for (std::uint32_t i = 0; i < experts; ++i) {
        reached = step_forward<Real, lanes>(reached, to.by[i], in);
        const std::uint32_t yes = __ballot_sync(~0U, to.u[i] * reached < in);
        if (lane == 0) to.answers[i] = yes >> (threadIdx.x % 32);
    }
    std::uint32_t left = law.k_max;
    if (b.k_min < b.k_max)
        left = draw_size<Real, lanes>(law, reached, b.k_max, static_cast<double>(to.u[experts]));
    if (lane == 0)  // what was written above was written by this lane
#pragma unroll 8
        for (std::uint32_t i = experts; i-- > 0;) {
            const std::uint32_t member = to.answers[i] >> left & 1;
            to.answers[i] = member;
            left -= member;
        }
    __syncwarp();
}

/// Warps of a block, at least one, and its shared memory, with `of_block` bytes beside its groups'.
struct draw_shape {
    int warps;
    std::size_t bytes;

    draw_shape(std::size_t of_group, int lanes, std::size_t of_block) {
        const std::size_t of_warp = of_group * (32 / lanes);
        const std::size_t fit = std::max<std::size_t>(1, (shared_aim - of_block) / of_warp);
        warps = static_cast<int>(std::min<std::size_t>(fit, most_subset_warps));
        bytes = warps * of_warp + of_block;
    }
};

/// call(Real, lanes) with the arithmetic that is wanted and the least lanes for k_max + 1 numbers
/// of which all groups of a warp fit.
template <typename Call>
cudaError_t with_shape(const subset_batch& b, Call call) {
    using std::integral_constant;
    const auto with_lanes = [&](auto real) {
        const std::size_t of_group = draw_bytes<decltype(real)>(b.experts), limit = 200 * 1024;
        if (b.k_max < 4 && b.experts <= 16) return call(real, integral_constant<int, 4>{});
        if (b.k_max < 8 && 4 * of_group <= limit) return call(real, integral_constant<int, 8>{});
        if (b.k_max < 16 && 2 * of_group <= limit) return call(real, integral_constant<int, 16>{});
        return call(real, integral_constant<int, 32>{});
    };
    return b.arithmetic == subset_arithmetic::fp64 ? with_lanes(0.0) : with_lanes(0.0F);
}

}  // namespace moebius::gpu
