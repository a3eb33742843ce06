// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "philox.cuh"
#include "route/route_kernels.hpp"

// Device functions of both routing kernels: the noise and the end of a step.
namespace moebius::gpu {

/// base/random.hpp: uniform, and -log of it without loss near 1.
__device__ __forceinline__ double uniform_of(std::uint32_t word, double) {
    return (word + 0.5) * 0x1p-32;
}
__device__ __forceinline__ float uniform_of(std::uint32_t word, float) {
    return (static_cast<float>(word) + 0.5f) * 0x1p-32f;
}
__device__ __forceinline__ double minus_log_uniform(std::uint32_t word, double) {
    return -log(uniform_of(word, 0.0));
}
__device__ __forceinline__ float minus_log_uniform(std::uint32_t word, float) {
    return word < 0x80000000U ? -logf(uniform_of(word, 0.0f)) : -log1pf(-uniform_of(~word, 0.0f));
}

template <typename Real>
struct noise_pair {
    Real first, second;
};

/// The noise of experts e and e + 1 of a token, e even: the numbers of router/top1.cpp draw_noise.
template <typename Real>
__device__ __forceinline__ noise_pair<Real> noise_of(const route_rule& rule, std::uint32_t token,
                                                     std::uint32_t e) {
    const std::uint32_t stream = e < 2 ? 0 : 1 + ((e - 2) / 4 << 8);
    const uint4 words = random_words(rule.seed, stream, rule.step, rule.first_token + token);
    const bool front = e < 2 || (e - 2) % 4 == 0;
    const std::uint32_t a = front ? words.x : words.z, b = front ? words.y : words.w;
    if (rule.noise == route_noise::gumbel)
        return {-log(minus_log_uniform(a, Real{})), -log(minus_log_uniform(b, Real{}))};
    const Real radius = sqrt(2 * minus_log_uniform(a, Real{}));  // Box and Muller
    Real sine, cosine;
    sincospi(2 * uniform_of(b, Real{}), &sine, &cosine);
    return {radius * cosine, radius * sine};
}

/// The noise of any one expert.
template <typename Real>
__device__ __forceinline__ Real noise_of_one(const route_rule& rule, std::uint32_t token,
                                             std::uint32_t e) {
    const auto pair = noise_of<Real>(rule, token, e & ~1U);
    return e & 1 ? pair.second : pair.first;
}

/// The Length best of what came so far: value falling, expert rising among equals.
template <typename Real, int Length>
struct best_list {
    Real z[Length], v[Length];  // with and without the noise
    std::uint32_t e[Length];

    __device__ best_list() {
#pragma unroll
        for (int i = 0; i < Length; ++i) {
            z[i] = v[i] = -INFINITY;
            e[i] = no_choice;
        }
    }
    __device__ void insert(Real zn, Real vn, std::uint32_t en) {
        if (!(zn > -INFINITY) || zn < z[Length - 1]) return;
#pragma unroll
        for (int i = 0; i < Length; ++i)
            if (zn > z[i] || (zn == z[i] && en < e[i])) {
                const Real zo = z[i], vo = v[i];
                const std::uint32_t eo = e[i];
                z[i] = zn, v[i] = vn, e[i] = en;
                zn = zo, vn = vo, en = eo;
            }
    }
};

/// Adds a block's counts to the step's. For each expert the block that comes last sees the total
/// in the very atomic that adds its own part, so it can write it and update the score at once:
///
///   counts_e = sum over blocks of n_e;  s_e += step (feedback counts_e / T - decay s_e + bias_e)
///
/// That saves the fence and the second round trip of a "last block" counter.
/// @param own  (E): n_e of this block;  extra  (3): unrouted, near ties, rechecked
__device__ inline void finish_block(const route_arguments& a, const std::uint32_t* own,
                                    const std::uint32_t* extra, std::uint32_t thread,
                                    std::uint32_t threads) {
    const std::uint32_t experts = a.batch.experts;
    for (std::uint32_t i = thread; i < experts + 3; i += threads) {
        const std::uint32_t n = i < experts ? own[i] : extra[i - experts];
        const float score = i < experts ? a.result.scores[i] : 0;
        const float bias = i < experts && a.feedback.bias ? a.feedback.bias[i] : 0;
        if (i < experts && a.block_counts)
            a.block_counts[static_cast<std::size_t>(blockIdx.x) * experts + i] = n;
        const unsigned long long before = atomicAdd(&a.sums[i], (1ULL << 48) + n);
        if (before >> 48 != gridDim.x - 1) continue;
        const unsigned long long total = (before & ((1ULL << 48) - 1)) + n;
        a.sums[i] = 0;
        if (i >= experts) {
            (&a.result.totals->unrouted)[i - experts] = total;
            continue;
        }
        a.result.counts[i] = static_cast<std::uint32_t>(total);
        if (a.feedback.step == 0 || a.batch.tokens == 0) continue;
        const double share = static_cast<double>(total) / a.batch.tokens;
        const double s = score;
        a.result.scores[i] = static_cast<float>(
            s + a.feedback.step * (a.feedback.feedback * share - a.feedback.decay * s + bias));
    }
}

}  // namespace moebius::gpu
