// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include <type_traits>

#include "philox.cuh"
#include "router/router_subset.hpp"

// What a token's law is on the device, and its odds: P(S) ~ product of yes_e over S and no_e beside
// it. A token belongs to a group of lanes of one warp, and an expert to one of them: expert e to
// lane e % lanes.
namespace moebius::gpu {

template <typename Real>
struct alignas(2 * sizeof(Real)) odds {
    Real yes, no;
};

/// The lanes that share a token: 1, 2, 4, ..., 32 of a warp.
struct group {
    std::uint32_t lanes;
    [[nodiscard]] __device__ std::uint32_t lane() const { return threadIdx.x % lanes; }

    template <typename T>
    [[nodiscard]] __device__ T sum(T x) const {
        for (std::uint32_t s = lanes / 2; s > 0; s /= 2) x += __shfl_xor_sync(~0U, x, s);
        return x;
    }

    template <typename T>
    [[nodiscard]] __device__ T largest(T x) const {
        for (std::uint32_t s = lanes / 2; s > 0; s /= 2) {
            const T other = __shfl_xor_sync(~0U, x, s);
            x = other > x ? other : x;
        }
        return x;
    }
};

/// Odds in shared memory, where every lane may read them.
template <typename Real>
struct shared_odds {
    odds<Real>* of;  // (E)
    group mine;
    std::uint32_t experts;

    /// visit(e, odds that it may change) for this lane's experts; `look` changes none.
    template <typename Visit>
    __device__ void each(Visit visit) const {
        for (std::uint32_t e = mine.lane(); e < experts; e += mine.lanes) visit(e, of[e]);
    }
    template <typename Visit>
    __device__ void look(Visit visit) const {
        each(visit);
    }
};

__device__ inline double reciprocal(double x) { return 1 / x; }
__device__ inline float reciprocal(float x) { return __fdividef(1, x); }  // to 2 units

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
    Real top;    // the largest z
    float sum;   // of exp(z - top)
    Real shift;  // the odds are exp(z - top + shift)
    std::uint32_t k_min, k_max, reference;

    /// g(n): what n members weigh, given the odds.
    [[nodiscard]] __device__ Real weight(std::uint32_t n) const {
        if (n < k_min || n > k_max) return 0;
        if (n == reference) return 1;
        return exp(-(shift - top) * (static_cast<Real>(n) - static_cast<Real>(reference)));
    }
};

template <typename Real>
__device__ Real z_of(const subset_batch& b, std::uint32_t t, std::uint32_t e) {
    const float logit = b.logits[static_cast<std::size_t>(t) * b.experts + e];
    return static_cast<Real>(b.beta) * (static_cast<Real>(logit) + static_cast<Real>(b.scores[e]));
}

/// sum_e 1/(1 + exp(-(z_e - top) - shift)) and its slope.
template <typename Fine, typename Real, typename Places>
__device__ void expected(Places& z, Real top, Fine shift, Fine& value, Fine& slope) {
    value = slope = 0;
    z.look([&](std::uint32_t, const odds<Real>& of) {
        const Fine x = static_cast<Fine>(of.yes - top) + shift;
        Fine yes;
        if constexpr (std::is_same_v<Fine, float>)  // half a draw is near enough
            yes = __fdividef(1, 1 + __expf(-fmaxf(x, -80)));
        else
            yes = 1 / (1 + exp(-x));
        value += yes;
        slope += yes * (1 - yes);
    });
    value = z.mine.sum(value);
    slope = z.mine.sum(slope);
}

/// `level` of router/tilt.cpp: the shift at which k of `open` come out, to half a draw. Newton,
/// halving where it leaves the bracket; all groups of the warp go on until the last has ended.
template <typename Fine, typename Real, typename Places>
__device__ Fine level(Places& z, Real top, Fine range, Fine start, Fine k, Fine open, bool wanted) {
    const Fine center = log(k / (open - k));
    Fine low = center, high = center + range, shift = start > low ? start : low;
    for (int step = 0; step < 200; ++step) {  // 2^200: no two floats are farther apart
        Fine value, slope;
        expected<Fine, Real>(z, top, shift, value, slope);
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
template <typename Real, typename Places>
__device__ Real find_shift(Places& z, const token_law<Real>& law, Real range, std::uint32_t k,
                           std::uint32_t open, bool wanted) {
    const bool all = k == open;
    const bool seek = wanted && !all;
    const float kf = seek ? static_cast<float>(k) : 1, of = seek ? static_cast<float>(open) : 2;
    // exp(z) is never less than its odds: from there the mean is at most k
    const float start = logf(kf) - logf(law.sum);
    Real shift = level<float, Real>(z, law.top, static_cast<float>(range), start, kf, of, seek);
    if constexpr (std::is_same_v<Real, double>) {
        const bool wide = seek && range > 1e5;  // where half a draw is beyond single precision
        if (__any_sync(~0U, wide)) {
            const double fine = level<double, Real>(
                z, law.top, static_cast<double>(range), static_cast<double>(start),
                static_cast<double>(kf), static_cast<double>(of), wide);
            if (wide) shift = fine;
        }
    }
    return all ? Real(40) + range : shift;  // exp(40) to 1 that each comes out
}

/// Reads a token and leaves its odds in `to`. What is not there or not routed counts as zeros, so
/// that the warp stays together.
/// @param there  whether there is such a token
/// @param z_at   (e) -> z
template <typename Real, typename At, typename Places>
__device__ token_law<Real> read_token(const subset_batch& b, bool there, At z_at, Places& to) {
    using by = odds<Real>&;
    const group mine = to.mine;
    const Real infinity = INFINITY;
    token_law<Real> law;
    bool bad = !there;
    std::uint32_t open = 0;
    Real top = -infinity, least = infinity;
    to.each([&](std::uint32_t e, by at) {
        const Real z = there ? z_at(e) : Real(0);
        if (!(z < infinity)) bad = true;
        if (z > -infinity) {
            ++open;
            top = z > top ? z : top;
            least = z < least ? z : least;
        }
        at.yes = z;
    });
    bad = mine.sum(static_cast<int>(bad)) != 0;
    open = mine.sum(open);
    top = mine.largest(top);
    least = -mine.largest(-least);
    law.routed = !bad && open > 0;
    if (!law.routed) {
        to.each([](std::uint32_t, by at) { at.yes = 0; });
        top = least = 0;
        open = b.experts;
    }
    law.top = top;
    float sum = 0;
    to.look([&](std::uint32_t, const odds<Real>& at) {
        sum += expf(static_cast<float>(at.yes - top));
    });
    law.sum = mine.sum(sum);

    // the band, and the end of it that the odds are tilted to
    law.k_min = b.k_min < open ? b.k_min : open;
    law.k_max = b.k_max < open ? b.k_max : open;
    law.reference = law.k_max;
    bool outside = true;
    if (__any_sync(~0U, law.k_min < law.k_max)) {
        float value, slope;
        expected<float, Real>(to, Real(0), 0.0F, value, slope);
        if (law.k_min < law.k_max) {
            if (value < static_cast<float>(law.k_min)) law.reference = law.k_min;
            outside = law.reference == law.k_min || value > static_cast<float>(law.k_max);
        }
    }
    law.shift = find_shift(to, law, top - least, law.reference, open, outside);
    if (!outside) law.shift = top;
    to.each([&](std::uint32_t, by at) {
        const Real x = at.yes - top + law.shift;
        const Real far = exp(-fabs(x)), near = reciprocal(1 + far);
        at = x > 0 ? odds<Real>{near, far * near} : odds<Real>{far * near, near};
    });
    return law;
}

}  // namespace moebius::gpu
