// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/router/router.hpp>
#include <moebius/simulate/loop_backend.hpp>
#include <string>
#include <vector>

namespace moebius {

struct simulate_options {
    loop_options loop = {};           ///< replica r: derived_seed(loop.seed, r)
    std::vector<double> scores = {};  ///< (E) to start from; empty: 0
    std::size_t replicas = 1;         ///< independent runs, >= 1
    std::size_t burn_in = 1000;       ///< batches before anything is measured
    std::size_t steps = 4000;         ///< batches that are measured, >= 2
    std::size_t record_every = 1;     ///< a row of `records` each so many batches, >= 1
    /// Counts or loads (one a batch and expert, 4 or 8 bytes) in memory; changes no number.
    std::size_t at_once = std::size_t{1} << 26;
};

/// What replicas measured. A quantity is load_e (share of a batch), score_e (after it), for
/// e = 1, ..., E, under a controller control_e (its score), and for two experts gap = load_1 -
/// load_2 and x = score_1 - score_2.
struct simulation {
    /// Columns replica, step (batches so far), then the quantities; replicas one after another.
    table records;
    /// A row for each replica: replica, unrouted (tokens, burn-in included), then for each
    /// quantity q its q_mean and q_variance (population) over all measured batches, and q_error,
    /// the standard error of the mean by blocking (32 blocks, or one a batch if there are fewer).
    /// An error means something only if a block is longer than the loop remembers,
    /// 1 / (step decay (1 - mu)) batches.
    table summary;
    /// Empty; or, if a device failed after some measured batches, its sentence: the tables then
    /// are of those.
    std::string failure;
};

/// Runs the closed loop in independent replicas, under one rule.
///
/// @param on  where it runs; changes no number (but see loop_backend)
/// @throws invalid_argument  if an option or the rule is out of range
/// @throws device_error           as loop_backend::run_loops
/// @throws cut_short<simulation>  if the watch asks to stop: of the replicas that have two measured
///                                batches or more, whose number is the summary's column `batches`;
///                                interrupted if there are none
[[nodiscard]] simulation simulate(const std::shared_ptr<const token_source>& source,
                                  const feedback_rule& rule, const simulate_options& options,
                                  const watch& watched = {}, const loop_backend& on = cpu_loops());

/// The same for any router; the noise of options.loop is not used. What a device did before it
/// failed is lost.
[[nodiscard]] simulation simulate(const std::shared_ptr<const token_source>& source,
                                  const std::shared_ptr<const router>& router,
                                  const feedback_rule& rule, const simulate_options& options,
                                  const watch& watched = {}, const loop_backend& on = cpu_loops());

}  // namespace moebius
