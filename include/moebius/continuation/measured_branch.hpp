// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace moebius {

/// Mean loads (E) that a loop has where its scores are held, and the covariance (E, E) of these
/// means.
struct load_sample {
    std::vector<double> loads;
    Eigen::MatrixXd covariance;
};

/// Runs loops held at these scores, (E) each, side by side: a sample of each.
using load_sampler =
    std::function<std::vector<load_sample>(std::span<const std::vector<double>> scores)>;

struct measured_options {
    std::size_t experts = 2;
    double decay = 1;   ///< > 0
    double bias = 0;    ///< drift of the lead
    double beta = 1;    ///< > 0; leads are in units of 1/beta
    double from = 0.3;  ///< leads between which the branch is followed, in 1/beta
    double to = 6;
    double step = 0.5;        ///< of arclength in (beta lead, beta feedback/decay), > 0
    double width = 1;         ///< half of a local fit's, in 1/beta, > 0
    std::size_t targets = 4;  ///< that are held side by side for each step, >= 1
    std::size_t most = 200;   ///< steps
    /// How far above and below the mean score that is foretold loops are held, in 1/beta, for loads
    /// that depend on it, >= 0; 0: they depend on leads alone, and all means are 0.
    double mean_spread = 0;
};

/// A rest of x' = feedback m(x) + bias - decay x, x the lead of the first score over the others'.
struct measured_point {
    double lead = 0, gap = 0, gap_error = 0;
    double feedback = 0, feedback_error = 0;  ///< at which the lead rests
    double growth = 0, growth_error = 0;      ///< feedback m' - decay; stable below 0
};

/// Where the branch turns back in feedback.
struct measured_fold {
    double lead = 0, lead_error = 0;
    double feedback = 0, feedback_error = 0;
};

/// Where two folds meet: at this feedback and this bias, of whatever bias the branch is.
struct measured_cusp {
    double lead = 0, lead_error = 0;
    double feedback = 0, feedback_error = 0;
    double bias = 0, bias_error = 0;
};

/// Equal loads, and the feedback at which they lose stability: a branch point, where the bias is
/// decay times the lead.
struct measured_balance {
    double lead = 0, lead_error = 0;
    double feedback = 0, feedback_error = 0;
};

struct measured_branch {
    std::vector<measured_point> points;
    std::vector<measured_fold> folds;
    std::vector<measured_cusp> cusps;         ///< among the leads that were held
    std::optional<measured_balance> balance;  ///< if leads on both sides were held
    std::size_t samples = 0;                  ///< targets that were held
    bool arrived = false;                     ///< at the last lead, within the most steps
};

/// Continues the branch on which the first expert has another load than the others, which are
/// alike, through what is measured with error: control-based continuation.
///
/// Held loops see no feedback, so that unstable parts are measured as stable ones are. The logit u
/// of the first load is fitted over the lead by a local quartic, weighted by the samples' errors
/// (of a softmax u is a straight line); its value and slope give m and m', and with them the
/// feedback (decay x - bias)/m at which x rests. Steps have equal arclength by the slope of the
/// last fit; all points are then fitted anew from all samples within the width.
///
/// Free scores rest where their mean is feedback/(decay experts), the bias being that of the lead
/// alone. Loads of routers that choose how many experts a token has depend on it: with a
/// mean_spread each step holds its scores a little above, at and below the mean that is foretold,
/// and the fit is quadratic in the mean, too, and read where the loop rests.
///
/// A fold is where growth passes 0 between points at which it is off 0 by more than two errors:
/// what noise alone makes turn is none. A cusp is where m'' does: feedback decay/m', bias decay x
/// - feedback m (told at the mean scores that were held). Errors are those of the fit, to first
/// order.
///
/// @throws invalid_argument  for an option out of range; if a sample's first load is 0 or 1, or its
///                           errors are not > 0; if there are too few samples for a fit
/// @source docs/theory.md sections 4 and 11; Sieber & Krauskopf, Nonlinear Dynamics 51 (2008)
[[nodiscard]] measured_branch follow_measured(const load_sampler& sampler,
                                              const measured_options& options);

}  // namespace moebius
