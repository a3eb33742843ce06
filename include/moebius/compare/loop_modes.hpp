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
    std::vector<double> shift;     ///< (N): of the mean load, to first order in the noise
    /// The largest shift of a mean score over its own standard deviation, over all directions in
    /// which the state can part from others like it.
    double bend = 0;
};

/// How a batch of a loop is drawn.
struct loop_batches {
    double step = 0.05;         ///< of the rule
    std::size_t tokens = 1024;  ///< T
    std::size_t top_k = 1;      ///< k, experts of a token
};

/// For a response whose slope is the covariance of what one token does: the loads of a batch then
/// have the covariance J/(beta k T), with J = dp/ds. Softmax and exact-k are such, so that noise
/// and feedback have the same directions.
/// @param at      N experts, each a group of its own (expert_feedback)
/// @param scores  (N) a stable state
/// @param sizes   of its groups: experts of equal scores stand next to each other
/// @throws invalid_argument  if the state does not attract
/// @cost   O(N^3)
[[nodiscard]] loop_modes modes_about(const problem& at, std::span<const double> scores,
                                     std::span<const std::size_t> sizes,
                                     const loop_batches& batches);

}  // namespace moebius
