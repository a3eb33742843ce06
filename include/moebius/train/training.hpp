// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <moebius/base/watch.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <moebius/tokens/labelled_data.hpp>
#include <moebius/train/held.hpp>
#include <moebius/train/network.hpp>
#include <moebius/train/optimiser.hpp>
#include <moebius/train/score_probe.hpp>
#include <span>
#include <vector>

namespace moebius {

/// One model of an ensemble and how it is trained.
///
/// Each batch is drawn with replacement from its training rows: example i of batch t is row
/// floor(w n / 2^32), w the word 3 of random_words(seed, token, t, i), as stored_tokens draws.
/// Then parameters follow the gradient, and scores follow the loads of the batch by the rule.
struct training_run {
    std::shared_ptr<const network> model;
    std::shared_ptr<const std::vector<std::uint32_t>> rows;  ///< that are trained on
    optimiser_options optimiser = {};
    /// Of every layer's scores, and of the controller that each layer has; its beta is the
    /// router's. Feedback may move: see feedback_end.
    feedback_rule rule = {.feedback = 0};
    /// Feedback goes linearly from rule.feedback in batch 0 to this in batch `ramp` and stays; NaN:
    /// it does not move.
    double feedback_end = std::numeric_limits<double>::quiet_NaN();
    std::uint64_t ramp = 0;  ///< batches
    load_hold hold = {};     ///< of every layer; what is held heeds no feedback
    /// (L E) to start from; empty: 0, or those of softmax_scores where loads are held. A
    /// controller's start at 0.
    std::vector<double> scores = {};
    std::uint64_t seed = 1;  ///< of the first parameters, batches and noise
};

/// An ensemble: what all runs share.
struct training_work {
    std::shared_ptr<const labelled_data> data;
    std::vector<training_run> runs;
    std::size_t batch = 128;        ///< B, examples of a batch, >= 1
    std::size_t record_every = 50;  ///< batches for each row of records, >= 1
    score_probe probe = {};         ///< of all runs
};

/// Where a run stands: everything needed to go on as if it had never stopped.
struct training_state {
    static constexpr std::uint64_t sound = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t step = 0;  ///< batches so far
    /// The batch whose loss was not finite, or of which nothing could be routed: there it ended.
    std::uint64_t diverged_at = sound;
    std::vector<double> parameters;  ///< (P)
    std::vector<double> moments;     ///< (moments, P)
    std::vector<double> scores;      ///< (L E) by which tokens are routed
    std::vector<double> control;     ///< (L E) the controllers' part of them; empty without one
    /// (rows, 2 + 2 L E), row-major: over the last record_every batches the mean loss, share of
    /// right examples and loads; then the scores after them.
    std::vector<double> records;
    std::vector<double> tests;  ///< what a caller measured on the way; training leaves it alone
    /// (rows, E, E) of a probe of moments: over the batches of a record the sum over tokens of p
    /// p^T, p = softmax(beta (logit + score)) as the batch was routed. In no checkpoint.
    std::vector<double> products = {};
};

/// The feedback of batch t, which of a held run is that of its hold_rule.
[[nodiscard]] double feedback_at(const training_run& run, std::uint64_t step) noexcept;

/// The rule by which all scores move in batch t, free or held: where loads are held, hold_rule.
[[nodiscard]] feedback_rule rule_at(const training_run& run, std::uint64_t step);

/// Means over the last quarter of a state's records (2 + L E): loss, share of right examples,
/// loads. NaN without records.
[[nodiscard]] std::vector<double> late_means(const training_state& state);

/// @throws invalid_argument  for no data, runs, rows or model, a row out of range, a model of
///                           another width or fewer classes, an option or rule out of range, a
///                           probe of moments whose loads are no means of a softmax
void check(const training_work& work);

/// The same for training to batch `until`.
/// @throws invalid_argument  likewise, and where the records by then are more than
/// most_result_values
void check(const training_work& work, std::uint64_t until);

/// Whether parameters and scores are finite.
[[nodiscard]] bool is_finite(const training_state& state) noexcept;

/// Marks the sound states whose parameters or scores are not finite as diverged at their step: what
/// a last batch left, whose loss no other one saw.
void mark_lost(std::span<training_state> states);

/// The state before the first batch.
[[nodiscard]] training_state begin(const training_run& run);

/// Trains one run to batch `until` on the CPU, in double: the oracle of every backend.
/// @param until  a multiple of record_every
/// @throws interrupted  if the watch asks to stop; the state is then that of its last record
void advance(const training_work& work, const training_run& run, training_state& state,
             std::uint64_t until, const watch& watched = {});

}  // namespace moebius
