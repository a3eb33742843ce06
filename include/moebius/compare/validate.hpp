// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/base/table.hpp>
#include <moebius/compare/blocking.hpp>
#include <moebius/compare/measurement.hpp>
#include <moebius/compare/prediction.hpp>
#include <moebius/compare/verdict.hpp>
#include <string>
#include <vector>

namespace moebius {

/// The steady state of some runs of a sweep at one hold, on one predicted branch.
struct steady_point {
    std::size_t sweep = 0;  ///< index into prediction::sweeps
    double feedback = 0;
    double bias = 0;
    std::size_t runs = 0;       ///< that were on this branch
    blocked_mean measured;      ///< load gap
    predicted_state predicted;  ///< the stable state nearest to the runs' mean x
    /// Standard error of the mean gap: that of the closed loop by theory (mean_variance), or, where
    /// theory does not know it, by blocking.
    double error = 0;
    double z = 0;        ///< (measured - predicted.mean_gap())/error, as a normal deviate
    std::string excuse;  ///< why theory says beforehand that z means nothing; empty: judged
};

/// Where the runs of a sweep jumped.
struct jump_point {
    std::size_t sweep = 0;  ///< index into prediction::sweeps
    predicted_jump predicted;
    spread measured;       ///< of jumps_of(the runs)
    std::size_t runs = 0;  ///< that did jump
    /// (measured mean - ensemble mean) / ensemble sd / sqrt(1/runs + 1/members) if all jump, else
    /// rank_deviate of the two: what takes another way has no place in a mean.
    double z = 0;
};

struct validation {
    prediction predicted;
    std::vector<steady_point> steady;
    std::vector<jump_point> jumps;
    verdict overall;
};

/// Lays what was measured over what was predicted.
///
/// z is a standard normal deviate if theory is right; the verdict fails if the sum of squares, or
/// the number of |z| > 3, is larger than chance makes it in all but options.chance of the cases,
/// or if a cusp was missed.
///
/// Nothing is judged if the settings leave less than a third of the steady states, or sweeps that
/// end before they jump. A steady state is judged where, by theory, a hold settles by exp(-8), the
/// noise moves the mean of x by no more than a tenth of its standard deviation (the next order is
/// then a hundredth), and the less loaded expert gets at least 1000 tokens (else their number is
/// Poisson, not normal).
/// @throws invalid_argument  if the two do not belong together
[[nodiscard]] validation compare(prediction predicted, const std::vector<measured_sweep>& measured,
                                 const validate_options& options = {});

/// Predicts from the tokens, measures on the tokens, and compares.
///
/// @param noise  of the router; none needs a source whose margins have a width
/// @param on     what runs the routers
/// @throws invalid_argument, device_error, interrupted  as predict, measure and compare
/// @throws cut_short<validation>  with the prediction alone, if the watch asks to stop after it
/// @cost   dominated by the simulated tokens: about 6e8 with default options
[[nodiscard]] validation validate(const std::shared_ptr<const token_source>& source,
                                  noise_law noise, double beta, double decay,
                                  const validate_options& options = {}, const watch& watch = {},
                                  const loop_backend& on = cpu_loops());

/// A row a sweep: of_feedback (1; 0: it moves the bias), and the ends between which it goes.
[[nodiscard]] table sweep_table(const validation& v);

/// Columns sweep, feedback, bias, x, gap_predicted, gap_shift, gap, gap_error, load_1,
/// load_1_predicted, runs, z, judged; a row for each steady state.
[[nodiscard]] table steady_table(const validation& v);

/// Columns sweep, feedback, bias (at the measured jump), fold, delay, noiseless, predicted,
/// predicted_sd, measured, measured_sd, runs, z; a row for each jump. fold to measured_sd are
/// values of the swept parameter.
[[nodiscard]] table jump_table(const validation& v);

/// Columns feedback, bias, x, gap, slope, cubic, located; a row for each cusp.
[[nodiscard]] table cusp_table(const validation& v);

}  // namespace moebius
