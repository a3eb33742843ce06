// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <limits>
#include <moebius/simulate/closed_loop.hpp>
#include <vector>

namespace moebius {

/// Loads at which a model is held while it learns, by an integral control of its scores:
///
///   s_e <- s_e + gain (target_e - n_e)        once a batch, n_e = share of the batch
///
/// At rest mean loads are the targets whatever the gate, stable or not when scores are free; the
/// scores that this takes, over the age of the model, are the response of training.
/// @source docs/theory.md section 11; J. Sieber, B. Krauskopf, "Control based bifurcation analysis
///         for experiments", Nonlinear Dynamics 51 (2008)
struct load_hold {
    std::vector<double> loads = {};  ///< (E) targets, each > 0, with sum 1; empty: scores are free
    /// Share of a deviation that one batch takes back, (0, 1]. NaN: twice that of free scores,
    /// 2 step decay, and at most 1: what is held must not lag behind what would move freely.
    double speed = std::numeric_limits<double>::quiet_NaN();
};

/// @throws invalid_argument  for loads of another number, not > 0, or whose sum is not 1 to 1e-9;
///                           for a speed out of range
void check(const load_hold& hold, std::size_t experts);

/// The hold as a rule of scores, through the same `follow` as free ones: feedback -1, decay 0, the
/// targets as biases, and as step the gain, speed/(beta max_e 2 t_e (1 - t_e)).
///
/// The slope of a softmax's loads by its scores is beta (diag t - t t'), whose eigenvalues are, by
/// Gershgorin's discs, at most beta max_e 2 t_e (1 - t_e); a gate that tells tokens apart has less
/// slope at the same loads. So the loop's multipliers are in [1 - speed, 1]: it is stable and does
/// not overshoot.
/// @param free  whose beta, step and decay are meant
[[nodiscard]] feedback_rule hold_rule(const load_hold& hold, const feedback_rule& free);

/// (E) scores of mean 0 with which a softmax of beta times nothing but scores has these loads.
[[nodiscard]] std::vector<double> softmax_scores(const std::vector<double>& loads, double beta);

/// (E) loads where the first expert's less each of the others', which are equal, is `gap`.
/// @param gap  in (-1/(E - 1), 1)
/// @throws invalid_argument  for a gap out of range
[[nodiscard]] std::vector<double> loads_of_gap(double gap, std::size_t experts);

/// The mean of a series whose neighbours are correlated.
struct series_mean {
    double mean = 0;
    double deviation = 0;  ///< of one number
    /// Standard error of the mean: as of a first-order autoregression with the series' own
    /// correlation of neighbours, r: deviation sqrt((1 + r)/((1 - r) n)), r from 0 to 1 - 1/n.
    double error = 0;
};

/// NaN for no numbers; of one, the deviation and error are NaN.
[[nodiscard]] series_mean mean_of_series(const std::vector<double>& series);

}  // namespace moebius
