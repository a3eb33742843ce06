// SPDX-License-Identifier: MIT
// Loops with a controller: what runs do, and what the noise-free equations do.
#pragma once

#include <Eigen/Core>
#include <moebius/compare/oscillation.hpp>
#include <utility>
#include <vector>

namespace moebius {

/// The products from which the map is found that deviations of scores follow from batch to batch:
/// of all experts and batches of a run, or of several runs.
struct deviation_sums {
    Eigen::Matrix2d now = Eigen::Matrix2d::Zero();   ///< of d d^T
    Eigen::Matrix2d next = Eigen::Matrix2d::Zero();  ///< of d' d^T, d' one batch later
    double count = 0;                                ///< of experts and batches

    /// The variance of the sum of both scores.
    [[nodiscard]] double score_variance() const { return now.sum() / count; }

    /// The map by least squares. Its bias is of the order of one over the number of batches that
    /// the loop forgets in, so that sums of runs are added and not their maps averaged.
    [[nodiscard]] deviation_map map() const;
};

/// @throws interrupted  if the watch asks for it
[[nodiscard]] deviation_sums measured_deviations(const controlled_router& router, double feedback,
                                                 const oscillation_options& options,
                                                 std::uint64_t seed, const watch& watched);

/// How the first expert's score over the mean swings in one run.
[[nodiscard]] swing measured_swing(const controlled_router& router, double feedback,
                                   const oscillation_options& options, std::uint64_t seed,
                                   const watch& watched);

/// The same of the rule without noise, from the same start: with the mean loads of the equations.
[[nodiscard]] swing predicted_swing(const controlled_router& router, double feedback,
                                    const oscillation_options& options);

/// The Hopf point of equal loads, and the cycles that leave it.
struct hopf_branch {
    double feedback = 0;                              ///< NaN if none was found
    std::vector<double> values, periods, amplitudes;  ///< along the cycles, where they are stable

    /// Period and amplitude between neighbouring points of the branch; NaN outside.
    [[nodiscard]] std::pair<double, double> at(double value) const;
};
/// @param top  feedback up to which cycles are followed, for two experts alone: of more, those that
///             leave the Hopf point are not those in which loops end
[[nodiscard]] hopf_branch hopf_branch_of(const controlled_router& router, double onset, double top,
                                         const watch& watched);

}  // namespace moebius
