// SPDX-License-Identifier: MIT
#pragma once

#include "router/router_sinkhorn.cuh"

// The last pass of router_sinkhorn.cuh: totals, log u, log v, the plan and the gates of its rows.
namespace moebius::gpu {

template <int lanes, int chunks, bool resident, bool full>
__device__ inline void scaling<lanes, chunks, resident, full>::write(const scaling_totals& totals,
                                                                     bool solved) {
    const auto& r = a_.result;
    const std::uint32_t E = a_.problem.experts;
    if (blockIdx.x == 0) {
        if (threadIdx.x == 0) *r.totals = totals;
        if (threadIdx.x < E && r.log_v != nullptr) r.log_v[threadIdx.x] = solved ? v_ * ln_2 : 0;
    }
    if (r.log_u == nullptr && r.plan == nullptr && r.gates == 0) return;
    each_row([&](std::uint32_t row, const float(&c)[columns]) {
        float e[columns], top;
        const float sum = solved ? exponentials(c, e, top) : NAN;
        const bool left_out = isnan(sum);
        const float share = reciprocal(sum);
        if (r.gates > 0) write_gates(row, c, left_out ? 0 : share, top);
        if (row >= end_) return;
        if (r.log_u != nullptr && lane_ == 0)
            r.log_u[row] = left_out ? -INFINITY : -(top + log2f(sum)) * static_cast<float>(ln_2);
        if (r.plan == nullptr) return;
#pragma unroll
        for (int i = 0; i < columns; ++i)
            e[i] = left_out ? 0 : fmaf(e[i], factor_[i], e[i]) * share;
#pragma unroll
        for (int i = 0; i < columns; i += 4) {
            const std::uint32_t j = column(i, lane_);
            float* to = r.plan + std::size_t{row} * E + j;
            if (a_.vectors && j < E) {
                __stcs(reinterpret_cast<float4*>(to), {e[i], e[i + 1], e[i + 2], e[i + 3]});
            } else {
                for (int k = 0; k < 4; ++k)
                    if (j + k < E) to[k] = e[i + k];
            }
        }
    });
}

/// The k largest entries in k rounds, by their logarithms: entries that underflow keep their
/// order. Lane q % lanes keeps the q-th. A row to leave out has share 0.
template <int lanes, int chunks, bool resident, bool full>
__device__ inline void scaling<lanes, chunks, resident, full>::write_gates(
    std::uint32_t row, const float (&c)[columns], float share, float top) const {
    constexpr int kept = (most_sinkhorn_gates + lanes - 1) / lanes;
    const auto& r = a_.result;
    float key[columns];
#pragma unroll
    for (int i = 0; i < columns; ++i)
        key[i] = fmaf(factor_[i], log2_of_e, fmaf(c[i], scale_, high_[i]));
    std::uint32_t mine[kept];
    float entry[kept] = {}, sum = 0;
#pragma unroll
    for (auto& m : mine) m = no_gate;
    for (std::uint32_t q = 0; q < r.gates; ++q) {
        float best = -INFINITY;
        std::uint32_t at = no_gate;
#pragma unroll
        for (int i = 0; i < columns; ++i)
            if (key[i] > best) best = key[i], at = column(i, lane_);
#pragma unroll
        for (int s = lanes / 2; s > 0; s /= 2) {
            const float other = __shfl_xor_sync(~0U, best, s);
            const std::uint32_t there = __shfl_xor_sync(~0U, at, s);
            if (other > best || (other == best && there < at)) best = other, at = there;
        }
#pragma unroll
        for (int i = 0; i < columns; ++i)
            if (column(i, lane_) == at) key[i] = -INFINITY;
        if (at == no_gate || share == 0) continue;
        const float p = exp2_of(best - top) * share;
        sum += p;
#pragma unroll
        for (int i = 0; i < kept; ++i)
            if (q == i * lanes + lane_) mine[i] = at, entry[i] = p;
    }
    if (row >= end_) return;
#pragma unroll
    for (int i = 0; i < kept; ++i) {
        const std::uint32_t q = i * lanes + lane_;
        if (q >= r.gates) continue;
        r.choices[std::size_t{row} * r.gates + q] = mine[i];
        r.shares[std::size_t{row} * r.gates + q] = mine[i] == no_gate ? 0 : entry[i] / sum;
    }
}

}  // namespace moebius::gpu
