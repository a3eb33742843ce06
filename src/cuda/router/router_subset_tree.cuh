// SPDX-License-Identifier: MIT
#pragma once

#include "router/router_subset.cuh"

// How many of some experts come out has the generating function prod_e (no_e + yes_e x). Its first
// K + 1 coefficients are built up a binary tree of experts, leaves in one lane's registers and the
// rest by exchange between lanes; what the experts outside a node do to n members inside it,
// `ahead`, comes down the same tree. Sums of positive terms alone: nothing cancels.
//
// operations  an expert and token: some 4 K multiply-adds in the lane, and (K + 1)(K + 2) for each
//             doubling of lanes, shared by 16 experts; no table
namespace moebius::gpu {

/// A number and its derivative along one direction.
template <typename Real>
struct dual {
    Real c, d;
};

template <typename Real>
__device__ Real plus_product(Real sum, Real a, Real b) {
    return sum + a * b;
}
template <typename Real>
__device__ dual<Real> plus_product(dual<Real> sum, dual<Real> a, dual<Real> b) {
    return {sum.c + a.c * b.c, sum.d + a.c * b.d + a.d * b.c};
}
template <typename Real>
__device__ dual<Real> plus_product(dual<Real> sum, dual<Real> a, Real b) {
    return {sum.c + a.c * b, sum.d + a.d * b};
}

template <typename Real>
__device__ Real from_lane_across(Real x, std::uint32_t across) {
    return __shfl_xor_sync(~0U, x, across);
}
template <typename Real>
__device__ dual<Real> from_lane_across(dual<Real> x, std::uint32_t across) {
    return {from_lane_across(x.c, across), from_lane_across(x.d, across)};
}

inline constexpr int own_experts = 16;  ///< of a lane, at most

/// The number of coefficients of n experts.
template <int n, int K>
inline constexpr int terms = (n < K ? n : K) + 1;

// Loops over products run over what they add to inside: sums that do not wait for each other.

/// to = a b, as far as it is kept.
template <typename Number, int A, int B, int T>
__device__ void multiply(const Number (&a)[A], const Number (&b)[B], Number (&to)[T]) {
#pragma unroll
    for (int i = 0; i < T; ++i) to[i] = Number{};
#pragma unroll
    for (int j = 0; j < A; ++j)
#pragma unroll
        for (int i = 0; i < B; ++i)
            if (i + j < T) to[i + j] = plus_product(to[i + j], a[j], b[i]);
}

/// a = a b.
template <typename Number, int T>
__device__ void multiply_by(Number (&a)[T], const Number (&b)[T]) {
    Number product[T];
    multiply(a, b, product);
#pragma unroll
    for (int i = 0; i < T; ++i) a[i] = product[i];
}

/// to_n = sum_m b_m ahead_{n+m}: what is ahead of n members of one half, given the other's law b.
template <typename Number, typename Ahead, int A, int B, int T>
__device__ void look_past(const Number (&b)[B], const Ahead (&ahead)[A], Number (&to)[T]) {
#pragma unroll
    for (int n = 0; n < T; ++n) to[n] = Number{};
#pragma unroll
    for (int m = 0; m < B; ++m)
#pragma unroll
        for (int n = 0; n < T; ++n)
            if (n + m < A) to[n] = plus_product(to[n], b[m], ahead[n + m]);
}

/// The law of experts first, ..., first + n - 1 of this lane.
/// @param odds_of  (j) -> the odds of this lane's expert j
template <int n, int K, typename Odds, typename Number>
__device__ void count(const Odds& odds_of, int first, Number (&to)[terms<n, K>]) {
    if constexpr (n == 1) {
        const odds<Number> of = odds_of(first);
        to[0] = of.no;
        to[1] = of.yes;
    } else {
        Number a[terms<n / 2, K>], b[terms<n / 2, K>];
        count<n / 2, K>(odds_of, first, a);
        count<n / 2, K>(odds_of, first + n / 2, b);
        multiply(a, b, to);
    }
}

/// From so many experts on, both halves are one piece of code: unrolled, it does not fit the cache
/// of instructions, for which three of nine cycles were spent.
inline constexpr int rolled = 4;

template <int n, int K, typename Odds, typename Number, typename Visit>
__device__ void descend(const Odds& odds_of, int first, const Number (&ahead)[terms<n, K>],
                        Visit at);

/// One half, past the other.
template <int n, int K, typename Odds, typename Number, typename Visit>
__device__ void descend_half(const Odds& odds_of, int first, int half,
                             const Number (&ahead)[terms<n, K>], Visit at) {
    Number law[terms<n / 2, K>], part[terms<n / 2, K>];
    count<n / 2, K>(odds_of, first + (1 - half) * (n / 2), law);
    look_past(law, ahead, part);
    descend<n / 2, K>(odds_of, first + half * (n / 2), part, at);
}

/// Comes down to single experts: at(j, ahead of it out, ahead of it in).
template <int n, int K, typename Odds, typename Number, typename Visit>
__device__ void descend(const Odds& odds_of, int first, const Number (&ahead)[terms<n, K>],
                        Visit at) {
    if constexpr (n == 1) {
        at(first, ahead[0], ahead[1]);
    } else if constexpr (n < rolled) {
        descend_half<n, K>(odds_of, first, 0, ahead, at);
        descend_half<n, K>(odds_of, first, 1, ahead, at);
    } else {
#pragma unroll 1
        for (int half = 0; half < 2; ++half) descend_half<n, K>(odds_of, first, half, ahead, at);
    }
}

/// All of a token: at(j, out, in), the weight of all sets without and with expert j of this lane,
/// over its own odds.
/// @param weight  (n) -> g(n), n = 0, ..., K
/// @return        the weight of all sets
template <int K, typename Number, typename Odds, typename Weight, typename Visit>
__device__ Number visit_experts(const Odds& odds_of, group mine, Weight weight, Visit at) {
    Number others[K + 1] = {};
    others[0] = Number{1};
    if (mine.lanes > 1) {
        Number all[K + 1] = {};
        {
            Number own[terms<own_experts, K>];
            count<own_experts, K>(odds_of, 0, own);
#pragma unroll
            for (int i = 0; i < terms<own_experts, K>; ++i) all[i] = own[i];
        }
        for (std::uint32_t across = 1; across < mine.lanes; across *= 2) {
            Number theirs[K + 1];
#pragma unroll
            for (int i = 0; i <= K; ++i) theirs[i] = from_lane_across(all[i], across);
            multiply_by(others, theirs);
            if (2 * across < mine.lanes) multiply_by(all, theirs);
        }
    }
    Number ahead[terms<own_experts, K>], total{};
    using Real = decltype(weight(0));
    Real g[K + 1];
#pragma unroll
    for (int n = 0; n <= K; ++n) g[n] = weight(n);
    look_past(others, g, ahead);
    descend<own_experts, K>(odds_of, 0, ahead, [&](int j, Number out, Number in) {
        if (j == 0) {
            const odds<Number> of = odds_of(j);
            total = plus_product(plus_product(total, of.no, out), of.yes, in);
        }
        at(j, out, in);
    });
    return total;
}

}  // namespace moebius::gpu
