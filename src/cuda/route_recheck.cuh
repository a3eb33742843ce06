// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "route_common.cuh"

// The exact mode: what half precision leaves open is settled in float64.
namespace moebius::gpu {

/// Sum over k of x_k w_k in float64 by a warp: each product is exact.
__device__ inline double dot_of_warp(const float* x, const float* w, std::uint32_t width,
                                     int lane) {
    double even = 0, odd = 0;
    for (std::uint32_t k = 4 * lane; k < width; k += 128) {  // width is a multiple of 4
        const float4 a = __ldg(reinterpret_cast<const float4*>(x + k));
        const float4 b = __ldg(reinterpret_cast<const float4*>(w + k));
        even = fma(static_cast<double>(a.x), static_cast<double>(b.x), even);
        odd = fma(static_cast<double>(a.y), static_cast<double>(b.y), odd);
        even = fma(static_cast<double>(a.z), static_cast<double>(b.z), even);
        odd = fma(static_cast<double>(a.w), static_cast<double>(b.w), odd);
    }
    double sum = even + odd;
#pragma unroll
    for (int s = 16; s > 0; s /= 2) sum += __shfl_xor_sync(~0U, sum, s);
    return sum;
}

/// Settles tokens [0, count) of a block's list, a warp each, as router/top1.cpp does:
///
///   for e of the candidates: z = beta (x . w_e + s_e) + noise_e; keep the k largest
///
/// In `probabilities` lies log2 of the sum of all 2^value from the float pass, NaN if that pass
/// overflowed or saw a NaN; then all experts are candidates and the sum is made here. Length > k.
template <int Length>
__device__ __forceinline__ void settle_tokens(const route_arguments& a, std::uint32_t begin,
                                              std::uint32_t count, int warp, int warps, int lane,
                                              std::uint32_t* own, std::uint32_t* unrouted,
                                              std::uint32_t* near_ties) {
    const auto* tokens = static_cast<const float*>(a.batch.token_data);
    const auto* gate = static_cast<const float*>(a.batch.gate_data);
    const std::uint32_t width = a.batch.width, k = a.rule.choices;
    for (std::uint32_t i = warp; i < count; i += warps) {
        const std::uint32_t t = a.unsettled[begin + i];
        best_list<double, Length> best;
        double top = -INFINITY, sum = 0;
        bool bad = false;
        for (int word = 0; word < 4; ++word) {
            std::uint64_t mask = a.candidates[4 * (std::size_t{begin} + i) + word];
            for (; mask != 0; mask &= mask - 1) {
                const int bit = __ffsll(static_cast<long long>(mask)) - 1;
                const std::uint32_t e = 8 * (bit / 2) + 2 * word + bit % 2;
                if (e >= a.batch.experts) continue;
                const double logit = dot_of_warp(tokens + std::size_t{t} * width,
                                                 gate + std::size_t{e} * width, width, lane);
                if (!(logit < INFINITY)) bad = true;
                const double v = a.rule.beta * (logit + static_cast<double>(a.result.scores[e]));
                const double noise =
                    a.rule.noise == route_noise::none ? 0.0 : noise_of_one<double>(a.rule, t, e);
                best.insert(v + noise, v, e);
                if (v > top) {
                    sum = sum * exp(top - v) + 1;
                    top = v;
                } else if (v > -INFINITY) {
                    sum += exp(v - top);
                }
            }
        }
        bad = bad || best.e[0] == no_choice;
        const float total = a.result.probabilities[std::size_t{t} * k];
        const double log_sum = total == total ? total * 0.6931471805599453 : top + log(sum);
        __syncwarp();
        if (lane != 0) continue;
        if (bad) atomicAdd(unrouted, 1U);
        bool near = false;  // the float pass counts near ties, but not of values that overflow
#pragma unroll
        for (std::uint32_t j = 0; j + 1 < Length; ++j) {
            if (j >= k) break;
            const std::uint32_t e = bad ? no_choice : best.e[j];
            a.result.choices[std::size_t{t} * k + j] = e;
            a.result.probabilities[std::size_t{t} * k + j] =
                e == no_choice ? 0.0f : static_cast<float>(exp(best.v[j] - log_sum));
            if (e != no_choice) atomicAdd(&own[e], 1U);
            near = near || best.z[j] - best.z[j + 1] <= a.rule.tie_margin;
        }
        if (near && !bad && total != total) atomicAdd(near_ties, 1U);
    }
}

}  // namespace moebius::gpu
