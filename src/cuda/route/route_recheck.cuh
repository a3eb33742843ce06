// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "route/route_common.cuh"

// The exact mode: what half precision leaves open is settled in float64.
namespace moebius::gpu {

struct two_dots {
    double first, second;
};

/// Sums over k of x_k v_k and x_k w_k in float64 by a warp: each product is exact. Two at once and
/// four turns of the loop on the way, for the loads' latency is what this costs.
__device__ __forceinline__ two_dots dots_of_warp(const float* x, const float* v, const float* w,
                                                 std::uint32_t width, int lane) {
    double sums[4] = {};
#pragma unroll 4
    for (std::uint32_t k = 4 * lane; k < width; k += 128) {  // width is a multiple of 4
        const float4 a = __ldg(reinterpret_cast<const float4*>(x + k));
        const float4 b = __ldg(reinterpret_cast<const float4*>(v + k));
        const float4 c = __ldg(reinterpret_cast<const float4*>(w + k));
        const double ax = a.x, ay = a.y, az = a.z, aw = a.w;
        sums[0] = fma(ax, static_cast<double>(b.x), sums[0]);
        sums[1] = fma(ay, static_cast<double>(b.y), sums[1]);
        sums[2] = fma(ax, static_cast<double>(c.x), sums[2]);
        sums[3] = fma(ay, static_cast<double>(c.y), sums[3]);
        sums[0] = fma(az, static_cast<double>(b.z), sums[0]);
        sums[1] = fma(aw, static_cast<double>(b.w), sums[1]);
        sums[2] = fma(az, static_cast<double>(c.z), sums[2]);
        sums[3] = fma(aw, static_cast<double>(c.w), sums[3]);
    }
    two_dots dots{sums[0] + sums[1], sums[2] + sums[3]};
#pragma unroll
    for (int s = 16; s > 0; s /= 2) {
        dots.first += __shfl_xor_sync(~0U, dots.first, s);
        dots.second += __shfl_xor_sync(~0U, dots.second, s);
    }
    return dots;
}

/// Takes one candidate out of a set of which each lane holds eight bits (see list_token); no_choice
/// if it is empty.
__device__ __forceinline__ std::uint32_t take_candidate(std::uint32_t& bits, int lane) {
    const std::uint32_t holders = __ballot_sync(~0U, bits != 0);
    if (holders == 0) return no_choice;
    const int holder = __ffs(static_cast<int>(holders)) - 1;
    const std::uint32_t bit = lane % 8 * 8 + __ffs(static_cast<int>(bits)) - 1;
    const std::uint32_t e = __shfl_sync(~0U, 8 * (bit / 2) + 2 * (lane / 8) + bit % 2, holder);
    if (lane == holder) bits &= bits - 1;
    return e;
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
    const auto token_at = [&](std::uint32_t i) { return i < count ? a.unsettled[begin + i] : 0; };
    const auto bits_at = [&](std::uint32_t i) {
        if (i >= count) return 0U;
        const std::uint64_t word = a.candidates[4 * (std::size_t{begin} + i) + lane / 8];
        return static_cast<std::uint32_t>(word >> (lane % 8 * 8)) & 0xffU;
    };
    std::uint32_t next_token = token_at(warp), next_bits = bits_at(warp);
    for (std::uint32_t i = warp; i < count; i += warps) {
        const std::uint32_t t = next_token;
        std::uint32_t bits = next_bits;
        next_token = token_at(i + warps);  // on its way while this one is settled
        next_bits = bits_at(i + warps);
        const float total = a.result.probabilities[std::size_t{t} * k];
        best_list<double, Length> best;
        double top = -INFINITY, sum = 0;
        bool bad = false;
        const auto consider = [&](std::uint32_t e, double logit) {
            if (e >= a.batch.experts) return;
            if (!(logit < INFINITY)) bad = true;
            const double v = a.rule.beta * (logit + static_cast<double>(a.result.scores[e]));
            const double noise =
                a.rule.noise == route_noise::none ? 0.0 : noise_of_one<double>(a.rule, t, e);
            best.insert(v + noise, v, e);
            if (total == total || v == -INFINITY) return;
            const double larger = v > top ? v : top;
            sum = sum * exp(top - larger) + exp(v - larger);
            top = larger;
        };
        const float* x = tokens + std::size_t{t} * width;
        for (;;) {
            const std::uint32_t e = take_candidate(bits, lane);
            if (e == no_choice) break;
            const std::uint32_t f = take_candidate(bits, lane);
            const auto row = [&](std::uint32_t expert) {  // any row for none or a padded column
                return gate + std::size_t{expert < a.batch.experts ? expert : 0} * width;
            };
            const two_dots logits = dots_of_warp(x, row(e), row(f), width, lane);
            consider(e, logits.first);
            consider(f, logits.second);
        }
        bad = bad || best.e[0] == no_choice;
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
