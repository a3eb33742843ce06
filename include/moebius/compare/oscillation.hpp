// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <cstdint>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/compare/verdict.hpp>
#include <moebius/simulate/load_controller.hpp>
#include <span>
#include <string>
#include <vector>

namespace moebius {

/// N alike experts without tokens under a controller of their loads, hard top-1 with Gumbel noise.
struct controlled_router {
    std::size_t experts = 2;  ///< N, >= 2
    double beta = 1, decay = 1;
    load_controller controller = {control_law::integral, 0.5};
};

/// How controlled loops are measured. Times are in units of 1/decay.
struct oscillation_options {
    std::size_t tokens = 4096;  ///< T of a batch, >= 1
    double step = 0.02;         ///< of the rule times decay, > 0 and < 1
    std::size_t seeds = 4;      ///< runs at each feedback, >= 2
    std::size_t levels = 4;     ///< feedbacks on either side of the onset, >= 2
    double settle = 400;        ///< time before anything is measured, > 0
    double average = 600;       ///< time that is measured, > 0
    double chance = 1e-3;       ///< as of validate_options
    std::uint64_t seed = 1;
    unsigned threads = 0;  ///< 0: as many as the hardware runs at once; changes no number
};

/// @throws invalid_argument  if a value is out of range, or without a controller
void check(const controlled_router& router, const oscillation_options& options);

/// The gain with which a controller answers to deviations of load: its own, or, of a sign rule,
/// what the scatter of an expert's load makes of it, u sqrt(2/pi)/(step scatter).
/// @param scatter  standard deviation of one batch's load: sampling noise and the loop's own motion
/// @param step     time per batch
/// @source docs/theory.md sections 5 and 7
[[nodiscard]] double effective_gain(const load_controller& controller, double scatter, double step);

/// The loop about equal loads, which a measured deviation of an expert's two scores (of the rule,
/// of the controller) follows from batch to batch, but for noise.
struct deviation_map {
    double matrix[2][2] = {};

    /// The leading multiplier as a rate, log(multiplier)/step: growth and angular frequency.
    [[nodiscard]] std::complex<double> rate(double step) const;
};

/// That map. A sign rule's gain falls as the loop swings: the scatter of the loads is the sampling
/// noise and the stationary motion of this very map, which is solved for.
[[nodiscard]] deviation_map deviation_map_of(const controlled_router& router, double feedback,
                                             const oscillation_options& options);

/// The stationary variance of an expert's score less the mean of all experts', as that map moves
/// it with the noise of each batch. Of no meaning where the map is unstable.
[[nodiscard]] double score_variance_of(const controlled_router& router, double feedback,
                                       const oscillation_options& options);

/// The feedback at which equal loads lose stability: where the leading multiplier of the rule has
/// modulus 1. For small steps this is the Hopf point. Of a sign rule it is that of its largest
/// gain, without the loop's own motion.
[[nodiscard]] double onset_of(const controlled_router& router, const oscillation_options& options);

/// What a series of a score swings like.
struct swing {
    double period = 0;       ///< NaN below two whole cycles
    double amplitude = 0;    ///< half of highest less lowest in a cycle, their mean
    std::size_t cycles = 0;  ///< whole ones
};

/// From one rise through the middle to the next; a rise counts once the series was a quarter of its
/// reach below the middle.
[[nodiscard]] swing swing_of(std::span<const double> series, double spacing);

/// A value that theory has, and its measurement.
struct measured_value {
    double predicted = 0, measured = 0;
    double error = 0;  ///< of the mean over runs
};

/// Below the onset: how deviations from equal loads decay.
struct decay_point {
    double feedback = 0;
    measured_value growth, frequency, gain;  ///< rates; the controller's gain on small deviations
    /// Why nothing was measured: scores scatter so much more than predicted that loops are about
    /// another state. Empty if they stayed about equal loads.
    std::string excuse = {};
};

/// Beyond the onset: how loads swing.
struct swing_point {
    double feedback = 0;
    measured_value period, amplitude;  ///< of the first expert's score over the mean
    double branch_period = 0;          ///< of the cycle that continuation finds; NaN if none
    double branch_amplitude = 0;
};

struct oscillation_validation {
    double hopf = 0;  ///< of the equations, by continuation; NaN if none was found
    /// Predicted: onset_of; measured: where growth reaches 0, NaN of a sign rule, and where loops
    /// stayed about equal loads at fewer than two feedbacks.
    measured_value onset;
    measured_value frequency;  ///< angular, there
    std::vector<decay_point> below;
    std::vector<swing_point> beyond;  ///< of the integral law only
    verdict overall;
};

/// Holds loops with a controller against their equations, below the onset of oscillations and
/// beyond it.
///
/// Below, at 0.9 to 0.99 of the predicted onset (of a sign rule at 0.5 to 0.9 of the feedback at
/// which equal loads are lost without it: beyond that it is bistable), the two scores of each
/// expert, less their means, are regressed on those of the batch before: the map that they follow
/// is measured, and with it growth and frequency. Straight lines through its entries give the
/// measured onset. Beyond, at 1.05 to 1.3 of it, period and amplitude are held against those of the
/// rule without noise, from the same start; for two experts the cycle of the continuation stands
/// beside them, which differs by the finite step. Deviations of rates are judged by their scatter
/// over the runs, those of swings by 1 % of the period and 3 % of the amplitude: to that order
/// noise and finite step move them.
/// @throws invalid_argument  as check
/// @throws interrupted       if the watch asks for it
[[nodiscard]] oscillation_validation validate_oscillation(const controlled_router& router,
                                                          const oscillation_options& options = {},
                                                          const watch& watched = {});

/// Columns feedback, growth, growth_predicted, growth_error, frequency, ..., gain, ...
[[nodiscard]] table decay_table(const oscillation_validation& v);
/// Columns feedback, period, period_predicted, period_error, period_of_branch, amplitude, ...
[[nodiscard]] table swing_table(const oscillation_validation& v);

}  // namespace moebius
