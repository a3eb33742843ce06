// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/result.hpp>
#include <moebius/train/model_measures.hpp>
#include <moebius/train/subset_accuracy.hpp>
#include <moebius/train/training.hpp>
#include <string>
#include <vector>

#include "trainee.hpp"

namespace moebius::cli {

/// Numbers that a test on the way leaves in training_state::tests.
inline constexpr std::size_t test_numbers = 4;  ///< step, loss, accuracy, largest load

/// What an ensemble came to.
struct training_report {
    const trainees& made;
    const std::vector<training_state>& states;  ///< (runs)
    std::vector<model_measures> held_out;       ///< (runs): at the end
    std::vector<model_measures> corrupted;      ///< (runs), or empty
    std::vector<subset_accuracy> kept;          ///< (runs), or empty
    double target = 0.9;                        ///< accuracy whose first test is told
};

/// A row a model: side, point, seed, the varied parameter; diverged_at (NaN: it did not);
/// test_loss, test_accuracy, corrupted_accuracy and corrupted_loss if asked for, steps_to_target;
/// kept_top, kept_random, kept_bottom, kept_best (subset_accuracy) and kept_gain = top - random;
/// variation, largest, entropy and dead of the last layer's loads on the held-out examples,
/// router_entropy, margin_density, effective_feedback; train_loss, train_accuracy, train_largest
/// and, of two experts, train_gap: means over the last quarter of the records; then load_e on the
/// held-out examples and score_e, of all layers. NaN for a model that diverged.
[[nodiscard]] table models_table(const training_report& report);

/// A row for each side and point: the varied parameter, models, diverged, and for every measure of
/// models_table its mean over seeds and the 95 % interval of that, measure_low and measure_high.
[[nodiscard]] table points_table(const training_report& report, const table& models);

/// A row a point: for every measure the mean over seeds of the second side less the first, its
/// interval, and measure_effect, the mean over the standard deviation of the differences.
[[nodiscard]] table paired_table(const training_report& report, const table& models);

/// All records of all models: run, step, loss, accuracy, load_e, score_e.
[[nodiscard]] table history_table(const training_report& report);

/// A row for each test on the way: run, step, test_loss, test_accuracy, largest.
[[nodiscard]] table test_table(const training_report& report);

[[nodiscard]] result_document train_document(const training_report& report, bool history,
                                             result_heading heading);

/// For a reader: what matters of the points.
[[nodiscard]] std::string train_text(const training_report& report, const result_document& result);

}  // namespace moebius::cli
