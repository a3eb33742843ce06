// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/compare/blocking.hpp>
#include <moebius/compare/prediction.hpp>
#include <moebius/simulate/loop_backend.hpp>
#include <vector>

namespace moebius {

/// What the runs of one sweep did at one hold, over the averaged batches.
struct measured_hold {
    std::vector<double> x;       ///< [run]: mean score difference
    std::vector<blocking> gaps;  ///< [stable state]: load_1 - load_2 of the runs nearest to it
};

struct measured_sweep {
    std::vector<measured_hold> holds;           ///< as predicted_sweep::holds
    std::vector<std::vector<double>> passages;  ///< [jump][run]: parameter when crossed, or NaN
};

/// Drives real routers, token by token, through the predicted sweeps.
///
/// Only the schedules, the starts and the levels are taken from the prediction. Run r of
/// sweep s has the seed derived_seed(options.seed, s options.seeds + r).
///
/// @return  one a sweep
/// @throws invalid_argument  unless the source has two experts, or as closed_loop
/// @throws interrupted       if the watch asks for it
/// @throws device_error      as loop_backend::run_loops
/// @cost    T random tokens a batch. Runs go side by side, as many as options.at_once takes (at
///          least one); what is kept of each are its x at every hold and its passages.
[[nodiscard]] std::vector<measured_sweep> measure(const std::shared_ptr<const token_source>& source,
                                                  noise_law noise, double beta, double decay,
                                                  const std::vector<predicted_sweep>& sweeps,
                                                  const validate_options& options = {},
                                                  const watch& watched = {},
                                                  const loop_backend& on = cpu_loops());

}  // namespace moebius
