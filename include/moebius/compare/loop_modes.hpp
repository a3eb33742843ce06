// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <moebius/model/field.hpp>
#include <span>
#include <vector>

namespace moebius {

/// One direction of loads in which the closed loop moves about a stable state by itself.
struct loop_mode {
    double variance = 0;  ///< of a batch's load along it, at fixed scores: sampling noise alone
    double rate = 0;      ///< r: a deviation of the scores along it decays as (1 - step r)^batch
};

/// The variance of the mean load along a mode over so many batches of one run.
///
/// The scores along it are s' = (1 - step r) s + step feedback e, with e the noise of the batch,
/// and its load is e + j s, feedback j = decay - r. For many batches this is
/// variance (decay/r)^2/batches; all orders in 1/batches and step are kept.
/// @source docs/theory.md section 7 (error of a block mean)
[[nodiscard]] double mean_variance(const loop_mode& mode, double decay, double step,
                                   std::size_t batches);

/// The loop of alike experts about a stable state, linear in the deviation, and what comes next.
struct loop_modes {
    Eigen::MatrixXd directions;    ///< (N, N - 1): columns orthonormal, each of zero sum
    std::vector<loop_mode> modes;  ///< (N - 1)
    /// (N - 1, N - 1): covariance of a batch's loads along the directions, at fixed scores.
    Eigen::MatrixXd scatter;
    std::vector<double> shift;  ///< (N): of the mean load, to first order in the noise
    /// The largest shift of a mean score over its own standard deviation, over all directions in
    /// which the state can part from others like it.
    double bend = 0;
};

/// Experts of a loop whose modes are computed: they take N^3 operations a state, a second or two of
/// these, and matrices of N^2 numbers.
inline constexpr std::size_t most_mode_experts = 512;

/// @throws invalid_argument  if there are more
void check_mode_experts(std::size_t experts);

/// How a batch of a loop is drawn.
struct loop_batches {
    double step = 0.05;         ///< of the rule
    std::size_t tokens = 1024;  ///< T
    std::size_t top_k = 1;      ///< k, experts of a token
    bool alike = true;          ///< tokens, as where there are none
};

/// The covariance of the mean loads over so many batches of one run, along the directions: what
/// mean_variance is for one of them. Shape (N - 1, N - 1).
/// @source docs/theory.md section 7 (N experts)
[[nodiscard]] Eigen::MatrixXd mean_covariance(const loop_modes& modes, double decay, double step,
                                              std::size_t batches);

/// Directions are those in which the scores return by themselves, the eigenvectors of J = dp/ds.
///
/// The loads of a batch of alike tokens have the covariance J/(beta k T) in softmax and exact-k, so
/// that noise and feedback have the same directions. Those of tokens that are drawn from unlike
/// ones, one expert each, have (diag p - p p^T)/T.
/// @param at      N experts, each a group of its own (expert_feedback)
/// @param scores  (N) a stable state
/// @param sizes   of its groups: experts of equal scores stand next to each other; empty: no two
///                are alike
/// @throws invalid_argument  if the state does not attract
/// @cost   O(N^3)
[[nodiscard]] loop_modes modes_about(const problem& at, std::span<const double> scores,
                                     std::span<const std::size_t> sizes,
                                     const loop_batches& batches);

}  // namespace moebius
