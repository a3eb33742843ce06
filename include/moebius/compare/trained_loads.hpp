// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/base/watch.hpp>
#include <moebius/train/training.hpp>
#include <span>
#include <vector>

namespace moebius {

/// How trained gates are held against theory. Times are in units of 1/decay.
struct trained_options {
    std::size_t tokens = 256;  ///< of a batch of a frozen loop, >= 1
    double settle = 60;        ///< time before it is averaged, > 0
    double average = 400;      ///< time that is averaged, > 0
    std::uint64_t seed = 1;    ///< of the frozen loops; model r takes derived_seed(seed, r)
    unsigned threads = 0;      ///< 0: as many as the hardware runs; changes no number
};

/// One trained model: what the response of its own gate predicts, and what its loads are.
///
/// The examples that it was trained on are the tokens. Predicted is the steady state of
/// s' = feedback p(s) - decay s + bias that the scores flow to from where training left them, p the
/// router's mean load on these tokens, its gate frozen.
struct trained_loads {
    std::vector<double> predicted;  ///< (E) mean loads in that state; NaN if no p is known
    std::vector<double> frozen;     ///< (E) mean loads of a closed loop with the gate frozen
    /// (E) mean loads in the steady state that the loop's mean scores flow to: predicted, unless
    /// noise carried the loop to another one.
    std::vector<double> nearest;
    /// (E) standard errors of frozen: of top-1 experts about a state that attracts (of more than
    /// two, one that is judged) those of the closed loop by theory (mean_covariance), else from 32
    /// blocks.
    std::vector<double> error;
    std::vector<double> training;  ///< (E) means over the last quarter of training
    /// feedback/decay times the largest slope of p in that state, across its scores; below 1.
    double effective_feedback = 0;
    /// How the noise of finite batches moves the mean gap of two experts there; 0 if not known.
    double gap_shift = 0;
    /// Normal deviate of frozen - nearest, of the expert with the largest of these.
    double z = 0;
    /// False where z is no normal deviate by theory: near a fold, where that shift is more than a
    /// tenth of the noise, or (for other than two experts, or another router than top-1) where the
    /// effective feedback is above 0.8; where the loop settles by less than exp(-8), or its
    /// noise-free course has not arrived, before it is averaged; where noise carried it to another
    /// state; and where the other experts get fewer than 1000 tokens.
    bool judged = false;
    /// Of two experts, else NaN: stable states at the run's feedback; and the least feedback, up to
    /// 64 decay/beta, from which on there are two, with this gate and bias. NaN: nowhere.
    double stable_states = 0, fold = 0;
};

/// What is known of a model before it is held against theory: its loads in training, if it did not
/// diverge. All other numbers are NaN.
[[nodiscard]] trained_loads before_theory(const training_run& run, const training_state& state);

/// (runs, E) mean loads in the steady states that the scores of frozen gates flow to from where
/// they stand: trained_loads::predicted, in a tenth of the time; NaN where none is known.
/// @throws invalid_argument  as hold_against_theory
/// @throws interrupted       if the watch asks to stop
[[nodiscard]] std::vector<std::vector<double>> loads_at_rest(const training_work& work,
                                                             std::span<const training_state> states,
                                                             unsigned threads = 0,
                                                             const watch& watched = {});

/// Models of one layer, each by itself.
/// @param states  (runs); of a run that diverged all numbers are NaN
/// @throws invalid_argument  as check(work); for a model of two layers or without a router
/// @throws cut_short<std::vector<trained_loads>>  if the watch asks to stop: of models that it did
///                           not come to, what was known before
[[nodiscard]] std::vector<trained_loads> hold_against_theory(const training_work& work,
                                                             std::span<const training_state> states,
                                                             const trained_options& options = {},
                                                             const watch& watched = {});

}  // namespace moebius
