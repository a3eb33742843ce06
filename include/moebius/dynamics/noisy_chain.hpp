// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/base/watch.hpp>
#include <moebius/dynamics/schedule.hpp>
#include <moebius/model/field.hpp>
#include <span>
#include <vector>

namespace moebius {

struct chain_options {
    double step = 0.05;         ///< of the discrete rule, > 0
    std::size_t tokens = 1024;  ///< T, tokens a batch, >= 1
    std::size_t members = 256;  ///< independent runs, >= 1
    std::uint64_t seed = 1;
    unsigned threads = 0;  ///< 0: as many as the hardware runs at once
};

/// What the members of an ensemble did; NaN where a member did not do it.
struct chain_ensemble {
    std::vector<std::vector<double>> passages;  ///< [level][member]: the parameter when crossed
    std::vector<std::vector<double>> plateaus;  ///< [measured leg][member]: mean load gap
};

/// Runs the closed loop of a two-expert router, reduced to its score difference, many times.
///
/// A batch of T independent tokens has the load gap n = m(x) + sqrt((1 - m(x)^2) / T) xi, xi
/// standard normal (docs/theory.md section 1), and the rule moves x by step (feedback n - decay x +
/// bias). The normal stands for the binomial, and m for the tokens: nothing else is left out.
///
/// A passage is the first batch after which the member lies beyond the level; a member that starts
/// beyond it passes at once. Numbers depend on (seed, member, batch) alone.
///
/// @param at      parameters other than the scheduled one
/// @param plan    over feedback or bias
/// @param x0      start
/// @throws invalid_argument  as gap_table, for another scheduled parameter, a start that is not
///                           finite, or an option out of range
/// @throws interrupted       if the watch asks for it
/// @cost   tens of ns a member and batch
[[nodiscard]] chain_ensemble noisy_chain(const problem& at, const schedule& plan, double x0,
                                         std::span<const passage> levels,
                                         const chain_options& options = {},
                                         const watch& watch = {});

/// Mean and standard deviation of those that are not NaN.
struct spread {
    double mean = 0;        ///< NaN if there are none
    double sd = 0;          ///< of one (n - 1 in the denominator); NaN for fewer than two
    std::size_t count = 0;  ///< how many there are
};
[[nodiscard]] spread spread_of(std::span<const double> values);

/// Fluctuations of the closed loop around a stable equilibrium, to first order in step / tokens.
struct linear_noise {
    double variance = 0;  ///< of x: step feedback^2 v / (r (2 - step r)), r = -f_x, v = (1 - m^2)/T
    double shift = 0;     ///< of the mean of x: f_xx variance / (2 r)
    double gap_shift = 0;  ///< of the mean load gap: decay shift / feedback
    double gap_sd = 0;     ///< sd of the mean gap over M batches is gap_sd / sqrt(M), M step r >> 1
    double rate = 0;       ///< r: deviations decay as exp(-r step) a batch
};

/// A state of x' = f(x) = -decay x + feedback m(x) + bias, for any m.
struct loop_state {
    double decay = 1, feedback = 0;
    double slope = 0;         ///< f_x
    double bend = 0;          ///< f_xx
    double gap_variance = 0;  ///< v of one batch
};

/// Around a state that attracts, 0 < -step f_x < 2; numbers are NaN or without meaning elsewhere.
/// @source docs/theory.md sections 1 and 2; gap_shift from the mean of the rule itself, 0 =
///         feedback <n> - decay <x> + bias; gap_sd = sqrt(v) decay / r from its response at zero
///         frequency
[[nodiscard]] linear_noise linear_noise_of(const loop_state& at, double step);

/// @param x  a stable equilibrium of `at`, a two-expert model
/// @throws invalid_argument  as gap_table, or if x does not attract
[[nodiscard]] linear_noise linear_noise_at(const problem& at, double x, double step,
                                           std::size_t tokens);

}  // namespace moebius
