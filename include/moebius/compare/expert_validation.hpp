// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/compare/expert_measurement.hpp>
#include <moebius/compare/expert_prediction.hpp>
#include <moebius/compare/verdict.hpp>
#include <string>
#include <vector>

namespace moebius {

/// The runs of a sweep that rested on one predicted state at one hold.
struct expert_point {
    std::size_t sweep = 0, hold = 0, state = 0;  ///< indices into the prediction
    std::size_t runs = 0;                        ///< that rested there
    /// (N) their mean, group by group as the state has them, within a group by the experts' names.
    std::vector<double> loads;
    std::vector<double> errors;  ///< (N) of these means, by theory
    /// Of all N - 1 directions of loads: squares of deviations over variances, summed.
    double chi_square = 0;
    std::size_t degrees = 0;  ///< N - 1
    double p = 0;             ///< chance of a larger one
    std::string excuse;       ///< why theory says beforehand that p means nothing; empty: judged
};

/// A feedback that was measured: a mean of jumps less what theory says they are late by.
struct measured_edge {
    double value = 0, error = 0;
};

struct expert_jumps {
    std::vector<double> measured;  ///< of all runs (jumps_of)
    std::size_t runs = 0;          ///< that did jump
    double z = 0;                  ///< rank_deviate of measured and ensemble
    measured_edge edge;            ///< where the branch that they leave ends
};

struct expert_validation {
    expert_prediction predicted;
    std::vector<expert_point> steady;
    std::vector<expert_jumps> jumps;   ///< [sweep]
    std::vector<std::size_t> winners;  ///< (N): runs of the sweep up that this expert won
    double winners_p = 1;              ///< chance of less even numbers if all are alike
    verdict overall;
};

/// Lays measured loads of N experts over what was predicted.
///
/// A run at a hold belongs to the stable state whose loads, in falling order, are nearest to its
/// own. The mean deviation of such runs is held against the closed loop's covariance of block means
/// (loop_modes) in all N - 1 directions at once; its p becomes one deviate of the verdict, as do
/// each sweep's jumps and the winners. A state is judged where, by theory, a hold settles by
/// exp(-8), the noise moves no mean by more than a tenth of its standard deviation, the least
/// loaded expert gets at least 1000 choices, and no jump is expected. Nothing is judged if the
/// settings leave less than a third of the points that were met, or jumps that come to no end.
/// @throws invalid_argument  if the two do not belong together
[[nodiscard]] expert_validation compare_experts(expert_prediction predicted,
                                                const std::vector<measured_expert_sweep>& measured,
                                                const validate_options& options = {});

/// Predicts, measures and compares.
/// @throws invalid_argument, interrupted  as predict_experts and measure_experts
/// @throws cut_short<expert_validation>   with the prediction alone, if the watch asks to stop
///                                        after it
[[nodiscard]] expert_validation validate_experts(const expert_router& router,
                                                 const validate_options& options = {},
                                                 const watch& watched = {});

/// Columns sweep, feedback, winners, runs, load_1 (the largest), load_1_error, load_1_predicted,
/// chi_square, degrees, p, judged; a row for each point.
[[nodiscard]] table steady_table(const expert_validation& v);

/// Columns point (row of steady), rank (1: the highest score), load, load_error, load_predicted.
[[nodiscard]] table load_table(const expert_validation& v);

/// Columns sweep, end, delay, predicted, predicted_sd, measured, measured_sd, runs, z, edge,
/// edge_error; a row for each sweep.
[[nodiscard]] table jump_table(const expert_validation& v);

/// Columns expert, runs.
[[nodiscard]] table winner_table(const expert_validation& v);

/// A row a sweep: from, to, levels (holds).
[[nodiscard]] table sweep_table(const expert_validation& v);

}  // namespace moebius
