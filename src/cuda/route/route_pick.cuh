// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "route/route_choose.cuh"
#include "route/route_multiply.cuh"

// From the values of a tile to what is written: choices, probabilities and counts, or a place on
// the list of tokens that float64 has to settle.
namespace moebius::gpu {

#if MOEBIUS_SM90A

/// How far a value (in units of log 2) may be from the true one, for all experts of a row.
///
/// |x . w - X . W| <= |x - X| |w| + |X| |w - W| + rounding, X and W in half precision. A tensor
/// core adds 16 products to a sum and cuts each at 2^-24 of the largest or finer: at most 20 such
/// errors for 16 columns. The rest is the rounding of the float arithmetic after it.
__device__ __forceinline__ float value_error(const route_arguments& a, const row_norms& norms,
                                             int half, float most_gate, float most_lost,
                                             float most_shift) {
    float all = norms.all[half], lost = norms.lost[half];
    all += __shfl_xor_sync(~0U, all, 1), lost += __shfl_xor_sync(~0U, lost, 1);
    all += __shfl_xor_sync(~0U, all, 2), lost += __shfl_xor_sync(~0U, lost, 2);
    // sums of squares: relative 2^-24 d; squares may vanish under 2^-149
    const float width = static_cast<float>(a.batch.width), vanished = sqrtf(width) * 0x1p-70f;
    const float wide = 1 + width * 0x1p-23f;
    const float x = sqrtf(all) * wide + vanished, dx = sqrtf(lost) * wide + vanished;
    const float rounding = (width / 16 + 1) * 20 * 0x1p-24f + 0x1p-20f;
    const float noise = a.rule.noise == route_noise::none ? 0 : 4e-5f;
    const float bound =
        dx * most_gate + (x + dx) * most_lost + rounding * (x + dx) * (most_gate + most_lost);
    return 1.001f * (a.rule.beta * log2_e * bound + 0x1p-20f * most_shift + noise);
}

/// Puts a token on the block's list of those to be settled in float64; all lanes of a warp call.
template <int N>
__device__ __forceinline__ void list_token(const route_arguments& a, const float (&value)[N / 2],
                                           int half, bool open, float threshold, float log_sum,
                                           std::uint32_t token, std::uint32_t begin,
                                           std::uint32_t* listed, int lane) {
    if (!__any_sync(~0U, open)) return;
    const std::uint64_t mask = columns_from<N>(value, half, threshold);
    std::uint32_t place = 0;
    if (open && lane % 4 == 0) place = atomicAdd(listed, 1U);
    place = begin + __shfl_sync(~0U, place, lane & ~3);
    if (!open) return;
    a.candidates[4 * std::size_t{place} + lane % 4] = mask;
    if (lane % 4 != 0) return;
    a.unsettled[place] = token;
    a.result.probabilities[std::size_t{token} * a.rule.choices] = log_sum;
}

/// What a thread that multiplies needs to choose.
struct chooser {
    const float *scale, *shift;
    std::uint32_t *own, *extra;
    std::uint32_t begin;  // of the block's list
    float most_gate, most_lost, most_shift;
    int lane;
};

/// The k best in turn, with noise: the general case, and the plain loop of choose_first k times.
template <int N, bool Fp32>
__device__ __forceinline__ void choose_many(float (&value)[N / 2], row_choice (&row)[2],
                                            const route_arguments& a, const chooser& c,
                                            const std::uint32_t (&token)[2],
                                            const float (&error)[2]) {
    const int q = c.lane % 4;
    const std::uint32_t k = a.rule.choices;
    const bool noisy = a.rule.noise != route_noise::none;
    if (noisy) add_noise<N>(value, a.rule, token, q);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const row_choice& r = row[half];
        const bool inside = token[half] < a.batch.tokens, routed = r.sum == r.sum;
        std::uint32_t* choices = a.result.choices + std::size_t{token[half]} * k;
        float* shares = a.result.probabilities + std::size_t{token[half]} * k;
        float last = INFINITY, kth = INFINITY;
        int column = -1;
        bool near = false, open = !routed;
        for (std::uint32_t i = 0; i <= k; ++i) {
            const row_choice next = choose_next<N>(value, half, q, last, column);
            const bool found = routed && next.column != no_column;
            const float gap = found && i > 0 ? last - next.best : INFINITY;
            near = near || gap <= a.rule.tie_margin * log2_e;
            open = open || !(gap > 2 * error[half]);
            if (i == k) break;
            if (inside && q == half) {
                const float noise =
                    found && noisy ? log2_e * noise_of_one<float>(a.rule, token[half], next.column)
                                   : 0;
                choices[i] = found ? static_cast<std::uint32_t>(next.column) : no_choice;
                shares[i] = found ? exp2_of(next.best - noise - r.top) / r.sum : 0;
            }
            last = kth = next.best;
            column = next.column;
        }
        open = open && Fp32 && a.rule.exact && inside;
        if (inside && q == half) {
            if (!routed && !open) atomicAdd(&c.extra[0], 1U);
            if (near && routed) atomicAdd(&c.extra[1], 1U);
            for (std::uint32_t i = 0; i < k && !open; ++i)
                if (choices[i] != no_choice) atomicAdd(&c.own[choices[i]], 1U);
        }
        if constexpr (Fp32) {
            __syncwarp();
            if (a.rule.exact)
                list_token<N>(a, value, half, open, routed ? kth - 2 * error[half] : NAN,
                              routed ? r.top + log2f(r.sum) : NAN, token[half], c.begin,
                              &c.extra[3], c.lane);
        }
    }
}

/// The best of each row, without noise.
template <int N, bool Fp32>
__device__ __forceinline__ void choose_one(const float (&value)[N / 2], const row_choice (&row)[2],
                                           const route_arguments& a, const chooser& c,
                                           const std::uint32_t (&token)[2],
                                           const float (&error)[2]) {
    const int q = c.lane % 4;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const row_choice& r = row[half];
        const bool inside = token[half] < a.batch.tokens, routed = r.sum == r.sum;
        const float gap = r.best - r.second;
        const bool open = Fp32 && a.rule.exact && inside && !(routed && gap > 2 * error[half]);
        if (inside && q == half) {  // lanes 0 and 1 of a quad share the writing
            if (!open) {
                const auto choice = static_cast<std::uint32_t>(r.column);
                a.result.choices[token[half]] = routed ? choice : no_choice;
                a.result.probabilities[token[half]] = routed ? __fdividef(1, r.sum) : 0;
                atomicAdd(routed ? &c.own[choice] : &c.extra[0], 1U);
            }
            if (routed && gap <= a.rule.tie_margin * log2_e) atomicAdd(&c.extra[1], 1U);
        }
        if constexpr (Fp32) {
            if (a.rule.exact)
                list_token<N>(a, value, half, open, routed ? r.best - 2 * error[half] : NAN,
                              routed ? r.top + log2f(r.sum) : NAN, token[half], c.begin,
                              &c.extra[3], c.lane);
        }
    }
}

/// choose_first and choose_one for few experts: the lanes of a quad exchange values first, so that
/// each works on half a row instead of on quarters of two.
template <int N>
__device__ __forceinline__ void choose_narrow(const float (&value)[N / 2], const route_arguments& a,
                                              const chooser& c, const std::uint32_t (&token)[2]) {
    const bool odd = c.lane & 1;  // odd lanes take the second row
    const int from = c.lane % 4 / 2 * 4;
    const float beta = a.rule.beta * log2_e;
    float part[N / 2], sum = 0;
    row_choice row;
#pragma unroll
    for (int j = 0; j < N / 8; ++j) {
        const float4 shift = reinterpret_cast<const float4*>(c.shift)[2 * j + from / 4];
        const float* v = &value[4 * j];
        const float x = __shfl_xor_sync(~0U, odd ? v[0] : v[2], 1);
        const float y = __shfl_xor_sync(~0U, odd ? v[1] : v[3], 1);
        const float in[4] = {odd ? x : v[0], odd ? y : v[1], odd ? v[2] : x, odd ? v[3] : y};
        const float by[4] = {shift.x, shift.y, shift.z, shift.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const float z = part[4 * j + i] = fmaf(in[i], beta, by[i]);
            row.second = fmaxf(row.second, fminf(row.best, z));
            if (z > row.best) row.column = 8 * j + i;
            row.best = fmaxf(row.best, z);
        }
    }
    if (row.column != no_column) row.column += from;
    join(row, __shfl_xor_sync(~0U, row.best, 2), __shfl_xor_sync(~0U, row.second, 2),
         __shfl_xor_sync(~0U, row.column, 2));
#pragma unroll
    for (int i = 0; i < N / 2; ++i) sum += exp2_of(part[i] - row.best);
    sum += __shfl_xor_sync(~0U, sum, 2);

    const std::uint32_t t = odd ? token[1] : token[0];
    if (c.lane % 4 >= 2 || t >= a.batch.tokens) return;
    const bool routed = sum == sum;
    const std::uint32_t choice = routed ? static_cast<std::uint32_t>(row.column) : no_choice;
    a.result.choices[t] = choice;
    a.result.probabilities[t] = routed ? __fdividef(1, sum) : 0;
    atomicAdd(routed ? &c.own[choice] : &c.extra[0], 1U);
    if (routed && row.best - row.second <= a.rule.tie_margin * log2_e) atomicAdd(&c.extra[1], 1U);
}

/// The choice of the rows of a tile. General: noise, or more than one choice.
template <int N, bool Fp32, bool General>
__device__ __forceinline__ void choose_tile(float (&value)[N / 2], const row_norms& norms,
                                            const route_arguments& a, const chooser& c,
                                            const std::uint32_t (&token)[2]) {
    const int q = c.lane % 4;
    row_choice row[2];
    float error[2] = {0, 0};
    choose_first<N, Fp32>(value, c.scale, a.rule.beta * log2_e, c.shift, q, row);
    if constexpr (Fp32) {
#pragma unroll
        for (int half = 0; half < 2; ++half)
            error[half] = value_error(a, norms, half, c.most_gate, c.most_lost, c.most_shift);
    }
    if constexpr (General)
        choose_many<N, Fp32>(value, row, a, c, token, error);
    else
        choose_one<N, Fp32>(value, row, a, c, token, error);
}

#endif

}  // namespace moebius::gpu
