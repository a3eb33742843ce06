// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/compare/expert_prediction.hpp>
#include <vector>

namespace moebius {

/// What one run did at one hold, over the averaged batches, expert by expert.
struct measured_rest {
    std::vector<double> loads, scores;  ///< (N): means
};

struct measured_expert_sweep {
    std::vector<std::vector<measured_rest>> holds;  ///< [hold][run]
    std::vector<double> passages;                   ///< [run]: feedback when crossed, or NaN
    std::vector<std::vector<double>> last;          ///< [run] (N): scores after the last batch
};

/// Drives real routers (tossed_loop), token by token, through the predicted sweeps.
///
/// Only schedules, starts and levels are taken from the prediction. Run r of sweep s has the seed
/// derived_seed(options.seed, s options.seeds + r), and starts with the experts moved on by r.
/// @return  one a sweep
/// @throws invalid_argument  as tossed_loop
/// @throws interrupted       if the watch asks for it
[[nodiscard]] std::vector<measured_expert_sweep> measure_experts(
    const expert_router& router, const std::vector<expert_sweep>& sweeps,
    const validate_options& options = {}, const watch& watched = {});

}  // namespace moebius
