// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/base/mean_interval.hpp>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/compare/trained_loads.hpp>
#include <moebius/train/experiment.hpp>
#include <moebius/train/training_backend.hpp>
#include <string>
#include <vector>

namespace moebius {

struct trained_validation_options {
    std::uint64_t steps = 2000;  ///< batches of training, a multiple of record_every
    /// Of one expert's score at the start: the first's, then the second's (or, of more than two,
    /// nobody's).
    double lead = 3;
    double apart = 0.5;    ///< gaps that differ by more are two states, >= 0
    double chance = 1e-3;  ///< a test that chance passes less often fails, [0, 1]
    trained_options theory = {};
};

/// Load gaps of a trained model: the first expert's load less that of the second, or of the mean of
/// the others.
struct trained_gaps {
    double predicted = 0, frozen = 0, nearest = 0, training = 0;  ///< as in trained_loads
    double frozen_error = 0;                                      ///< standard error of frozen
};
[[nodiscard]] trained_gaps gaps_of(const trained_loads& loads);

/// An ensemble that has come to two states has a mean in neither.
struct two_means {
    std::size_t states = 1;    ///< 1 or 2
    double low = 0, high = 0;  ///< means of either state; of one, both are that of all
};

/// Two states where the largest hole between neighbours is more than `apart` and a tenth or more of
/// all numbers lie on both sides of it. NaN are left out.
[[nodiscard]] two_means means_of_states(std::vector<double> values, double apart);

/// Means over the seeds of a side and point.
struct trained_point {
    std::size_t side = 0, point = 0;
    double varied = 0;
    mean_interval predicted, frozen, training, effective_feedback, fold, training_less_predicted;
    two_means training_states;
};

/// Where the two starts first end apart, for one seed. NaN for nowhere, and where that is the first
/// or the last value of the sweep: what is beyond an end is not known, and an end is no estimate.
struct trained_onset {
    std::size_t seed = 0;
    double fold_of_first_gate = 0;  ///< the gate of the first point predicts it
    double fold_of_own_gates = 0;   ///< each point's gate has two stable states from here on
    double apart_predicted = 0, apart_frozen = 0, apart_training = 0;
};

struct trained_verdict {
    std::size_t models = 0;  ///< that are judged
    std::size_t left = 0;    ///< whose frozen loop went to another state than that predicted
    double chi_square = 0, chi_square_p = 1;
    double training_off = 0;  ///< mean |gap in training - predicted|
    bool agrees = false;
    std::string sentence;  ///< all of this for a reader
};

/// An ensemble that was trained from two starts, its sides, and held against the response of each
/// model's own gate.
struct trained_validation {
    experiment made;
    std::vector<training_state> states;
    std::vector<trained_loads> loads;  ///< (runs)
    std::vector<trained_point> points;
    std::vector<trained_onset> onsets;
    trained_verdict overall;
};

/// @throws invalid_argument  as validate_trained of what it takes
void check(const experiment_options& options, const trained_validation_options& how);

/// What validate_trained trains: both starts as the two sides of one design.
[[nodiscard]] experiment from_both_starts(experiment_options options, double lead);

/// Trains from both starts, and holds the loads, in training and with gates frozen, against theory.
/// @param options  one side; its numbers lead and experts are for this to set
/// @throws invalid_argument  for fewer than two experts, two layers, patches, two sides, an option
///                           out of range; as make_experiment, train and hold_against_theory
/// @throws cut_short<trained_validation>  with the models as far as they came, if the watch asks to
///                           stop; interrupted if none has a record
[[nodiscard]] trained_validation validate_trained(const experiment_options& options,
                                                  const trained_validation_options& how,
                                                  const training_backend& on,
                                                  const watch& watched = {});

/// A row a model: side, point, seed, the varied number, feedback, gap_predicted, gap_frozen,
/// gap_nearest, gap_frozen_error, gap_training, z, judged, effective_feedback, stable_states, fold.
[[nodiscard]] table trained_models_table(const trained_validation& v);

/// A row for each side and point: the varied number, and the means of a trained_point with their 95
/// % intervals, _low and _high; training_states (1, or 2 where the seeds of a point went to two
/// states), and the means of either, training_first and training_second.
[[nodiscard]] table trained_points_table(const trained_validation& v);

/// A row a seed, as trained_onset.
[[nodiscard]] table trained_onsets_table(const trained_validation& v);

}  // namespace moebius
