// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/base/constants.hpp>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/compare/bootstrap.hpp>
#include <moebius/compare/held_path.hpp>
#include <moebius/compare/held_response.hpp>
#include <moebius/compare/sweep_places.hpp>
#include <moebius/compare/trained_validation.hpp>
#include <moebius/train/training_backend.hpp>
#include <vector>

namespace moebius {

struct held_options {
    std::size_t gaps = 15;        ///< at which models are held, >= 3, even in the softmax lead
    double most_gap = 0.95;       ///< the largest of them, in (0, 1)
    double age = 0;               ///< batches; 0: decision_age
    bootstrap_options over = {};  ///< seeds
    /// Whether models are held on where each feedback would bring them, to the last batch, too
    /// (follow_rests): as many more models as there are free ones.
    bool follow = false;
};

/// The age at which the lead of a start is settled: 8 times 1/(step decay) batches, the time in
/// which free scores forget all but exp(-8) of it. What the gate learns later it learns in the
/// state that was decided then.
/// @source docs/theory.md section 11
[[nodiscard]] std::uint64_t decision_age(const feedback_rule& rule);

/// Gaps of one start at one feedback.
struct held_point {
    std::size_t side = 0;
    double feedback = 0;
    std::vector<double> held;  ///< (seeds) predicted by the response of training at the age
    std::vector<double>
        frozen;  ///< (seeds) by that of the gate that training without feedback left
    std::vector<double> followed = {};  ///< (seeds) if they are followed
};

/// What held training predicts of free training, made without any.
struct held_prediction {
    std::uint64_t age = 0;     ///< batches
    std::uint64_t window = 0;  ///< batches around it over which scores are averaged
    std::vector<double> gaps;  ///< at which models were to be held
    std::vector<std::vector<double>> held_gaps;      ///< (seeds, gaps) and were: a hold lags
    std::vector<std::vector<double>> leads, errors;  ///< (seeds, gaps) and their standard errors
    std::vector<held_response> responses;            ///< (seeds)
    std::vector<held_point> points;                  ///< (sides, feedbacks), feedbacks faster
    /// Of training, over all models: to the age and of gates that are frozen, and of those
    /// followed.
    std::uint64_t held_batches = 0, followed_batches = 0;

    [[nodiscard]] bool follows() const { return !points.front().followed.empty(); }
};

/// Where the ensemble changes over the sweep, as each tells it; unknown: NaN.
struct held_places {
    sweep_places frozen, held;
    sweep_places followed = unknown, training = unknown;
    sweep_places held_off = unknown, followed_off = unknown;  ///< less that in training

    static constexpr drawn_interval nowhere{not_a_number, not_a_number, not_a_number};
    static constexpr sweep_places unknown{nowhere, nowhere, nowhere};
};

/// Of what is predicted alone.
/// @param apart  as trained_validation_options
[[nodiscard]] held_places places_of(const held_prediction& of, double apart,
                                    const bootstrap_options& over);

/// Trains models whose gap is held to the age, and one without feedback for all steps, for each
/// seed; the runs have the data, batches and first parameters of the free ones of their seed.
/// @param options  as validate_trained takes; feedback is what varies
/// @param how      its steps, lead, apart
/// @throws invalid_argument  as validate_trained; if another number is varied; for an option out of
///                           range, an age of fewer than 4 or more than all batches, or a model
///                           that diverged
[[nodiscard]] held_prediction predict_from_held(const experiment_options& options,
                                                const trained_validation_options& how,
                                                const held_options& held,
                                                const training_backend& on,
                                                const watch& watched = {});

/// A prediction beside the free runs that came later.
struct held_comparison {
    /// Of a start at a feedback: gaps (of the first expert) as predicted, in training around the
    /// age, and in training over the last quarter.
    struct point {
        std::size_t side = 0;
        double feedback = 0;
        drawn_interval held, frozen, at_age, late;
        bool in_window = false;  ///< frozen theory misses the late gap by 0.3 or more
        two_means states;        ///< of the late gaps
        drawn_interval followed = held_places::nowhere;  ///< NaN: none are
    };
    std::vector<point> points;
    double held_error = 0, frozen_error = 0;  ///< mean |mean predicted - mean late| in the window
    double age_error = 0;                     ///< the same of held with the gap around the age
    double run_error = 0;                     ///< mean over runs of |held - late|, in the window
    /// Of the followed rests, the same with the late gap, and run by run; NaN if none are followed.
    double followed_error = 0, followed_run_error = 0;
    /// Share of runs apart from balance late whose winner was predicted; of those followed.
    double winners = 0, followed_winners = 0;
    held_places places;
    std::uint64_t batches = 0;  ///< of free training, over all models
};

[[nodiscard]] held_comparison compare_held(const held_prediction& predicted,
                                           const trained_validation& free,
                                           const trained_validation_options& how,
                                           const held_options& held);

/// seed, target, gap, lead, error: the response of each model.
[[nodiscard]] table held_response_table(const held_prediction& of);

/// side, feedback; gap_held, gap_frozen and, if rests are followed, gap_followed, _low and _high.
[[nodiscard]] table held_points_table(const held_prediction& of, const bootstrap_options& over);

/// A row for each of sweep_place_names: frozen, held, followed, training, held_off and followed_off
/// with their intervals, _low and _high. What is outside the sweep or not known is not finite.
[[nodiscard]] table held_places_table(const held_places& of);

/// The same, with gap_at_age and gap_training, in_window and states.
[[nodiscard]] table held_comparison_table(const held_comparison& of);

}  // namespace moebius
