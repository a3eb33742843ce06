// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/dynamics/noisy_chain.hpp>
#include <moebius/exact/scalar_response.hpp>
#include <moebius/model/field.hpp>
#include <moebius/router/margin_law.hpp>
#include <string>
#include <vector>

namespace moebius {

/// How theory and simulation are laid against each other. Times are in units of 1/decay.
struct validate_options {
    std::size_t tokens = 128;   ///< T of a batch, >= 1
    double step = 0.05;         ///< of the discrete rule times decay, > 0 and < 1
    std::size_t seeds = 8;      ///< runs of each sweep, >= 2
    std::size_t levels = 12;    ///< places over a sweep's range at which it may hold, >= 2
    double ramp = 1000;         ///< time that a sweep spends moving, over all of its range, > 0
    double settle = 60;         ///< time at each hold before anything is averaged, > 0
    double average = 300;       ///< time at each hold that is averaged, > 0
    std::size_t members = 128;  ///< of the ensembles that predict the jumps, >= 2
    double chance = 1e-3;  ///< a test that is passed less often than this by chance fails, 0 to 1
    std::uint64_t seed = 1;
    unsigned threads = 0;  ///< 0: as many as the hardware runs at once; changes no number
    /// Batches of all measured runs that are in memory, at 16 bytes each; changes no number.
    std::size_t at_once = std::size_t{1} << 24;
};

/// @throws invalid_argument  if an option is out of range, or the work would not fit memory
void check(const validate_options& options);

/// A stable state at a hold, and what batches of T tokens make of it.
struct predicted_state {
    double x = 0;
    double gap = 0;  ///< m(x), without noise
    linear_noise noise;

    [[nodiscard]] double mean_gap() const noexcept { return gap + noise.gap_shift; }
};

struct predicted_hold {
    double value = 0;                     ///< of the swept parameter
    std::vector<predicted_state> stable;  ///< all stable states there, by rising x
};

struct predicted_jump {
    passage level;           ///< crossed once the state has been carried off its branch
    double fold_x = 0;       ///< NaN, as fold and delay, if what was left is no branch that folds
    double fold = 0;         ///< the swept parameter at the fold
    double delay = 0;        ///< swept_fold_delay at this sweep's rate
    double noiseless = 0;    ///< where slow_sweep jumps, without noise
    spread ensemble;         ///< where noisy_chain jumps on this schedule (jumps_of)
    std::size_t stayed = 0;  ///< of its members, those that never jump
    std::vector<double> members = {};  ///< where each of them jumps (jumps_of)
};

/// One sweep: a staircase of ramps and holds; no hold closer than one level to a fold ahead.
struct predicted_sweep {
    std::string name;  ///< "feedback up", "bias down at 1.5 of the cusp's feedback", ...
    problem at;        ///< with the parameter that is not swept at its value
    schedule plan;
    double start = 0;  ///< x, a stable state
    double end = 0;    ///< x where the sweep ends, without noise
    std::vector<predicted_hold> holds;
    std::vector<predicted_jump> jumps;
};

struct predicted_cusp {
    exact::cusp_point exact;  ///< from the zeros of m''
    bool located = false;     ///< continuation of the fold curve found it, too, within 1e-8
};

/// The parameter at which each run passed a level; a run that never did counts as passing at the
/// schedule's end, so that measured and predicted positions always have a mean.
[[nodiscard]] std::vector<double> jumps_of(std::vector<double> passages, const schedule& plan);

/// All that theory says beforehand about a two-expert router on its tokens.
struct prediction {
    problem at;  ///< token-response at beta and decay; feedback and bias those of the main cusp
    std::vector<predicted_cusp> cusps;  ///< all, by rising feedback
    std::size_t main = 0;               ///< the first of them that opens into two stable states
    diagram equilibria;                 ///< over feedback, at the bias of the feedback sweeps
    diagram folds;                      ///< over feedback and bias, around all cusps and sweeps
    /// Feedback up and down, from 0.3 to 3 of the main cusp's; bias up and down at 1.5 and 2 of it.
    std::vector<predicted_sweep> sweeps;
};

/// Predicts diagram, cusps, steady states and jumps from the law of the tokens' margins alone.
///
/// The bias sweeps cross the main cusp's two folds by 3/4 of their distance on either side; the
/// feedback sweeps go at the bias halfway between the folds at 1.5 of the cusp's feedback. The
/// sweep down in feedback starts from the stable state furthest from where the sweep up ends, so
/// that it meets a fold if there is one.
///
/// @throws invalid_argument  if beta, decay or an option is out of range, or the law's response has
///                           no derivative in closed form
/// @throws interrupted       if the watch asks for it
[[nodiscard]] prediction predict(const margin_law& law, double beta, double decay,
                                 const validate_options& options = {}, const watch& watch = {});

}  // namespace moebius
