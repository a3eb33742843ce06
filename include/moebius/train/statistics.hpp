// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/table.hpp>
#include <moebius/train/experiment.hpp>
#include <moebius/train/model_measures.hpp>
#include <moebius/train/subset_accuracy.hpp>
#include <string>
#include <vector>

namespace moebius {

/// Numbers that a test on the way leaves in training_state::tests.
inline constexpr std::size_t test_numbers = 4;  ///< step, loss, accuracy, largest load

/// What an experiment came to.
struct training_report {
    const experiment& made;
    const std::vector<training_state>& states;  ///< (runs)
    std::vector<model_measures> held_out;       ///< (runs): at the end
    std::vector<model_measures> corrupted;      ///< (runs), or empty
    std::vector<subset_accuracy> kept;          ///< (runs), or empty
    double target = 0.9;                        ///< accuracy whose first test is told
    std::uint64_t least = 0;  ///< batches; a model that was stopped before has no measures
};

/// A measure of every model; NaN where a model has none or diverged.
struct run_measure {
    std::string name;
    std::vector<double> values;  ///< (runs)
};

/// test_loss, test_accuracy, corrupted_loss and corrupted_accuracy if asked for, steps_to_target;
/// kept_top, kept_random, kept_bottom, kept_best (subset_accuracy) and kept_gain = top - random;
/// variation, largest, entropy and dead of the last layer's loads on the held-out examples,
/// router_entropy, margin_density, effective_feedback; train_loss, train_accuracy, train_largest
/// and, if any model has two experts, train_gap: means over the last quarter of the records.
[[nodiscard]] std::vector<run_measure> measures_of(const training_report& report);

/// A row a model: side, point, seed, the varied parameter; diverged_at (NaN: it did not); the
/// measures; then load_e on the held-out examples and score_e, of all layers.
[[nodiscard]] table models_table(const training_report& report,
                                 const std::vector<run_measure>& measures);

/// A row for each side and point: the varied parameter, models, diverged, and for every measure its
/// mean over seeds and the 95 % interval of that, measure_low and measure_high.
[[nodiscard]] table points_table(const training_report& report,
                                 const std::vector<run_measure>& measures);

/// The second side less the first at one point, paired by seeds.
struct paired_difference {
    std::size_t point = 0;
    double varied = 0;  ///< NaN if nothing is
    std::string measure;
    double mean = 0, low = 0, high = 0;  ///< with the 95 % interval
    double effect = 0;  ///< mean over the standard deviation of the differences; NaN if that is 0
};

/// For every point and measure, points running slowest.
/// @throws invalid_argument  unless there are two sides
[[nodiscard]] std::vector<paired_difference> paired_differences(
    const training_report& report, const std::vector<run_measure>& measures);

/// The same as a row a point: measure, measure_low, measure_high, measure_effect.
[[nodiscard]] table paired_table(const training_report& report,
                                 const std::vector<paired_difference>& differences);

/// All records of all models: run, step, loss, accuracy, load_e, score_e.
[[nodiscard]] table history_table(const training_report& report);

/// The scores of models whose loads are held, over their age: a row for each window of
/// records_of_window records of a held model (what is left in the last one): run, from and step
/// (batches of its ends), load_e of the window; then score_e less the mean of their layer, as
/// mean_of_series of the scores after the records has it: score_e, score_e_deviation,
/// score_e_error.
inline constexpr std::size_t records_of_window = 10;
[[nodiscard]] table held_table(const training_report& report);

/// Whether any model's loads are held.
[[nodiscard]] bool holds_loads(const experiment& made) noexcept;

/// A row for each test on the way: run, step, test_loss, test_accuracy, largest.
[[nodiscard]] table test_table(const training_report& report);

}  // namespace moebius
