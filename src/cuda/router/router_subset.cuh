// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include <type_traits>

#include "philox.cuh"
#include "router/router_subset.hpp"

// The dynamic program of router/weighted_draws.hpp, a token to a group of 8, 16 or 32 lanes: lane n
// holds the probability that n of the first i experts come out.
//
//   reached = [1, 0, 0, ...]
//   for i < E: reached_n = reached_n no_i + reached_{n-1} yes_i
//
// A draw walks back through that table. What it will ask at expert i with n members left,
// u_i (in + out) < in, is two terms of the same line, so it is answered on the way forward, for
// all n in one ballot, and the table shrinks to a word an expert.
namespace moebius::gpu {

template <typename Real>
struct alignas(2 * sizeof(Real)) odds {
    Real yes, no;
};

template <int lanes, typename T>
__device__ T sum_of_group(T x) {
#pragma unroll
    for (int s = lanes / 2; s > 0; s /= 2) x += __shfl_xor_sync(~0U, x, s);
    return x;
}

template <int lanes, typename T>
__device__ T largest_of_group(T x) {
#pragma unroll
    for (int s = lanes / 2; s > 0; s /= 2) {
        const T other = __shfl_xor_sync(~0U, x, s);
        x = other > x ? other : x;
    }
    return x;
}

/// Uniform in (0, 1); in single precision rounded, but not to 1.
template <typename Real>
__device__ Real uniform_of(std::uint32_t word) {
    if constexpr (std::is_same_v<Real, double>) return uniform(word);
    return fminf(fmaf(static_cast<float>(word), 0x1p-32F, 0x1p-33F), 0x1.fffffep-1F);
}

/// One token's law: what router/tilt.cpp makes of its logits. z is relative to the largest.
template <typename Real>
struct token_law {
    bool routed;
    Real top;     // the largest z
    float sum;    // of exp(z - top)
    Real shift;   // the odds are exp(z - top + shift)
    Real weight;  // g(n) of this lane's n
    std::uint32_t k_max;
};

template <typename Real>
__device__ Real z_of(const subset_batch& b, std::uint32_t t, std::uint32_t e) {
    const float logit = b.logits[static_cast<std::size_t>(t) * b.experts + e];
    return static_cast<Real>(b.beta) * (static_cast<Real>(logit) + static_cast<Real>(b.scores[e]));
}

/// sum_e 1/(1 + exp(-(z_e - top) - shift)) and its slope.
template <int lanes, typename Fine, typename Real>
__device__ void expected(const odds<Real>* z, std::uint32_t experts, Real top, Fine shift,
                         Fine& value, Fine& slope) {
    value = slope = 0;
    for (std::uint32_t e = threadIdx.x % lanes; e < experts; e += lanes) {
        const Fine x = static_cast<Fine>(z[e].yes - top) + shift;
        Fine yes;
        if constexpr (std::is_same_v<Fine, float>)  // half a draw is near enough
            yes = __fdividef(1, 1 + __expf(-fmaxf(x, -80)));
        else
            yes = 1 / (1 + exp(-x));
        value += yes;
        slope += yes * (1 - yes);
    }
    value = sum_of_group<lanes>(value);
    slope = sum_of_group<lanes>(slope);
}

/// `level` of router/tilt.cpp: the shift at which k of `open` come out, to half a draw. Newton,
/// halving where it leaves the bracket; all groups of the warp go on until the last has ended.
template <int lanes, typename Fine, typename Real>
__device__ Fine level(const odds<Real>* z, std::uint32_t experts, Real top, Fine range, Fine start,
                      Fine k, Fine open, bool wanted) {
    const Fine center = log(k / (open - k));
    Fine low = center, high = center + range, shift = start > low ? start : low;
    for (int step = 0; step < 200; ++step) {  // 2^200: no two floats are farther apart
        Fine value, slope;
        expected<lanes>(z, experts, top, shift, value, slope);
        const bool near = !wanted || fabs(value - k) < Fine(0.5);
        if (!__any_sync(~0U, !near)) break;
        if (near) continue;
        (value < k ? low : high) = shift;
        const Fine newton = shift - (value - k) / slope;
        shift = newton > low && newton < high ? newton : low / 2 + high / 2;
    }
    return shift;
}

/// The shift from the largest z of a token with `open` experts, of which `k` shall come out.
template <int lanes, typename Real>
__device__ Real find_shift(const odds<Real>* z, std::uint32_t experts, const token_law<Real>& law,
                           Real range, std::uint32_t k, std::uint32_t open, bool wanted) {
    const bool all = k == open;
    const bool seek = wanted && !all;
    const float kf = seek ? static_cast<float>(k) : 1, of = seek ? static_cast<float>(open) : 2;
    // exp(z) is never less than its odds: from there the mean is at most k
    const float start = logf(kf) - logf(law.sum);
    Real shift = level<lanes>(z, experts, law.top, static_cast<float>(range), start, kf, of, seek);
    if constexpr (std::is_same_v<Real, double>) {
        const bool wide = seek && range > 1e5;  // where half a draw is beyond single precision
        if (__any_sync(~0U, wide)) {
            const double fine = level<lanes>(z, experts, law.top, static_cast<double>(range),
                                             static_cast<double>(start), static_cast<double>(kf),
                                             static_cast<double>(of), wide);
            if (wide) shift = fine;
        }
    }
    return all ? Real(40) + range : shift;  // exp(40) to 1 that each comes out
}

/// Reads a token and leaves its odds in `to` (E). What is not there or not routed counts as zeros,
/// so that the warp stays together.
template <typename Real, int lanes>
__device__ token_law<Real> read_token(const subset_batch& b, std::uint64_t t, odds<Real>* to) {
    const std::uint32_t lane = threadIdx.x % lanes;
    const Real infinity = INFINITY;
    token_law<Real> law;
    bool bad = t >= b.tokens;
    std::uint32_t open = 0;
    Real top = -infinity, least = infinity;
    for (std::uint32_t e = lane; e < b.experts; e += lanes) {
        const Real z = bad ? Real(0) : z_of<Real>(b, static_cast<std::uint32_t>(t), e);
        if (!(z < infinity)) bad = true;
        if (z > -infinity) {
            ++open;
            top = z > top ? z : top;
            least = z < least ? z : least;
        }
        to[e].yes = z;
    }
    bad = sum_of_group<lanes>(static_cast<int>(bad)) != 0;
    open = sum_of_group<lanes>(open);
    top = largest_of_group<lanes>(top);
    least = -largest_of_group<lanes>(-least);
    law.routed = !bad && open > 0;
    if (!law.routed) {
        for (std::uint32_t e = lane; e < b.experts; e += lanes) to[e].yes = 0;
        top = least = 0;
        open = b.experts;
    }
    law.top = top;
    float sum = 0;
    for (std::uint32_t e = lane; e < b.experts; e += lanes)
        sum += expf(static_cast<float>(to[e].yes - top));
    law.sum = sum_of_group<lanes>(sum);

    // the band, and the end of it that the odds are tilted to
    const std::uint32_t k_min = b.k_min < open ? b.k_min : open;
    law.k_max = b.k_max < open ? b.k_max : open;
    std::uint32_t reference = law.k_max;
    bool outside = true;
    if (__any_sync(~0U, k_min < law.k_max)) {
        float value, slope;
        expected<lanes>(to, b.experts, Real(0), 0.0F, value, slope);
        if (k_min < law.k_max) {
            if (value < static_cast<float>(k_min)) reference = k_min;
            outside = reference == k_min || value > static_cast<float>(law.k_max);
        }
    }
    law.shift = find_shift<lanes>(to, b.experts, law, top - least, reference, open, outside);
    if (!outside) law.shift = top;
    law.weight = 0;
    if (lane >= k_min && lane <= law.k_max)
        law.weight = lane == reference ? Real(1)
                                       : exp(-(law.shift - top) * (static_cast<Real>(lane) -
                                                                   static_cast<Real>(reference)));
    for (std::uint32_t e = lane; e < b.experts; e += lanes) {
        const Real x = to[e].yes - top + law.shift;
        const Real far = exp(-fabs(x)), near = 1 / (1 + far);
        to[e] = x > 0 ? odds<Real>{near, far * near} : odds<Real>{far * near, near};
    }
    __syncwarp();
    return law;
}

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
    const Real part = law.weight * reached;
    const Real total = sum_of_group<lanes>(part);
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

}  // namespace moebius::gpu
