// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/base/watch.hpp>
#include <moebius/train/experiment.hpp>
#include <moebius/train/training_backend.hpp>
#include <vector>

namespace moebius {

/// Holds each model on the loads that its own feedback would bring about, while these move.
///
/// Models learn in windows, each a quarter as long as they are old, of a quarter to one relaxation
/// time 1/(step decay) of scores. In a window loads are held that the rule of scores gives with
/// the gate as it was before; then the rule goes through the window again, from the gate before to
/// that after: the midpoint rule for a gate that moves. What an expert had too much of, as a hold
/// lags behind a gate that learns fast, the next window takes back. No batch is routed by scores
/// that follow loads.
/// @param made   free runs, each with its feedback and the scores to start from
/// @param speed  load_hold::speed; NaN: twice that of the free scores, their feedback included
/// @param steps  batches, of each model
/// @return       of each run the gap, the first expert's load less each of the others', mean over
///               the last quarter of the batches
/// @throws invalid_argument  for a router whose mean loads are not known, or a model that diverged
/// @source docs/theory.md section 11
[[nodiscard]] std::vector<double> follow_rests(experiment made, double speed, std::uint64_t steps,
                                               unsigned threads, const training_backend& on,
                                               const watch& watched = {});

}  // namespace moebius
