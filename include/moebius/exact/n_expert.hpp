// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <moebius/exact/two_expert.hpp>
#include <vector>

namespace moebius::exact {

/// Parameters of N experts, s_e' = feedback p_e - decay s_e + b_e with loads p = softmax(beta s),
/// where b_e is the bias for a favoured group of experts and 0 for the others.
///
/// In u = beta s and T = decay t it reads du/dT = K p - u + h, p = softmax(u). Every function here
/// throws invalid_argument for a number that is not finite, decay <= 0, beta <= 0, fewer than two
/// experts, and a number of winners or of chosen experts outside 1 ... experts - 1.
/// All eigenvalues are per unit of T: times decay they are the model's own.
/// @source docs/theory.md section 3
struct n_expert {
    double feedback;
    double decay;
    double beta;
    double bias;
};

/// s = state u, t = time T, feedback = drive K, bias = drive h: {1/beta, 1/decay, decay/beta}.
[[nodiscard]] scales n_expert_scales(double decay, double beta);

struct coupling {
    double K;      ///< feedback beta / decay
    double h = 0;  ///< bias beta / decay
};
[[nodiscard]] coupling coupling_of(const n_expert& p);
[[nodiscard]] n_expert n_expert_of(const coupling& d, double decay, double beta);

/// The state of equal loads, where each token goes to top_k experts.
struct balanced_state {
    double threshold;   ///< the K at which it is lost
    double eigenvalue;  ///< K/threshold - 1 along all loads that sum to zero; -1 along (1..1)
    std::size_t multiplicity;  ///< of the eigenvalue: experts - 1
    std::size_t n_unstable;    ///< multiplicity beyond the threshold, 0 at and below it
};

/// For top_k = 1 (softmax) the threshold is K = N. For exact-k routing it is K = N(N - 1)/(N - k).
///
/// Exact-k draws the set S of k experts with P(S) proportional to exp(beta sum_{e in S} s_e), and
/// p_e = P(e in S)/k. This is an exponential family, so dp_e/ds_f = (beta/k) Cov(z_e, z_f) with z
/// the indicator of S. At equal scores all pairs are alike: Var z = q(1 - q) with q = k/N, and
/// sum z = k is certain, so that the rows of Cov sum to zero and Cov(z_e, z_f) = -q(1 - q)/(N - 1).
/// Its eigenvalue on loads that sum to zero is therefore q(1 - q) N/(N - 1) = k(N - k)/(N(N - 1)),
/// and (K/k) times it reaches 1 at the threshold.
[[nodiscard]] balanced_state balanced(std::size_t experts, double K, std::size_t top_k = 1);

/// N experts in two groups: m winners, which hold the load a each (or share the bias), and N - m
/// others, which hold c each.
struct split {
    std::size_t experts;
    std::size_t winners;
};

/// An equilibrium whose loads take two values, with its whole spectrum: K(diag p - p p^T) - 1.
struct split_state {
    double K;
    double h;
    double r;                     ///< ln(a/c) = beta (s_winner - s_other); may be negative
    std::array<double, 2> loads;  ///< a of each winner, c of each other
    double among_winners;         ///< eigenvalue K a - 1, m - 1 times
    double among_others;          ///< eigenvalue K c - 1, N - m - 1 times
    double between;               ///< eigenvalue K N a c - 1, once; the last one is -1 along (1..1)
    std::size_t n_unstable;       ///< how many eigenvalues are > 0
};

/// The m-winner branch at h = 0 by its parameter r: K = r/(a - c) = m r + N r/(e^r - 1).
///
/// At r = 0 it crosses the balanced state: K = N + (m - N/2) r + N r^2/12 - ..., a transcritical
/// crossing, and a pitchfork towards larger K if m = N/2. K(r) is convex, so it turns once. The
/// branch of N - m winners is the same one with r -> -r.
/// @accuracy  relative in K, loads and eigenvalues, for r -> 0 and |r| of hundreds alike; the
///            eigenvalue between the groups, which vanishes at the fold, to rounding of 1
[[nodiscard]] split_state branch_state(const split& s, double r);

/// dK/dr along it: -between/(a - c), and m - N/2 at r = 0.
[[nodiscard]] double branch_slope(const split& s, double r);

/// Where the branch turns: its smallest K, K_s(N) for one winner and m K_s(N/m) in general.
///
/// r has the sign of N - 2m; for m = N/2 it is the pitchfork, r = 0 and K = N.
/// @accuracy  K and r to rounding; between is set to 0
[[nodiscard]] split_state branch_fold(const split& s);

/// All states of the branch at K in the order of r: none below the fold, one there, two beyond it.
/// At K = N one of them is the balanced state, r = 0.
///
/// @accuracy  relative in r, also near K = N
[[nodiscard]] std::vector<split_state> branch_states(const split& s, double K);

/// The two-expert equation that the groups obey exactly, the winners with bias h: with
/// x = ln(m a/((N - m) c)) and y = x/2, dy/dT = -y + mu tanh y + eta, where
/// mu = K N/(4m(N - m)) and eta = (h - maxwell_bias)/2.
[[nodiscard]] dimensionless as_two_experts(const split& s, const coupling& d);

/// All equilibria with two loads at K and h, in the order of r; at h = 0 the balanced state and the
/// branch's. At a fold the double one is named once.
///
/// @accuracy  r to rounding of ln N: near r = 0 branch_states has more digits
[[nodiscard]] std::vector<split_state> split_states(const split& s, const coupling& d);

/// The fold set by x = ln(m a/((N - m) c)), for one winner the log-odds of its load: K =
/// 2m(N - m)(1 + cosh x)/N, h = ln((N - m)/m) + x - sinh x - (N - 2m)(1 + cosh x)/N.
[[nodiscard]] coupling fold(const split& s, double x);

/// Its cusp, x = 0: K = 4m(N - m)/N, h = ln((N - m)/m) - 2(N - 2m)/N.
[[nodiscard]] coupling cusp(const split& s);

/// The two h of the fold set at K, the lower first: maxwell_bias -+ half_width.
///
/// @throws invalid_argument  also if K lies below the cusp, where there is no fold
[[nodiscard]] std::array<double, 2> fold_biases(const split& s, double K);

/// Half the distance of the two: sinh x - x = 2 eta_c(mu).
///
/// @throws invalid_argument  as fold_biases
[[nodiscard]] double half_width(const split& s, double K);

/// The h at which the two outer states of a given K are equally deep (eta = 0):
/// ln((N - m)/m) - K (N - 2m)/(2m(N - m)). Their m a are A and 1 - A.
[[nodiscard]] double maxwell_bias(const split& s, double K);

/// The K at which the balanced and the m-winner state are equally deep at h = 0:
/// 2m(N - m) ln((N - m)/m)/(N - 2m), and its limit N for m = N/2.
[[nodiscard]] double maxwell_point(const split& s);

}  // namespace moebius::exact
