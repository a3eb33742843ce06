// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/compare/loop_modes.hpp>
#include <moebius/compare/prediction.hpp>
#include <moebius/compare/verdict.hpp>
#include <moebius/tokens/token_source.hpp>
#include <string>
#include <vector>

namespace moebius {

/// Hard top-1 with Gumbel noise on stored tokens, which tell its experts apart.
struct token_router {
    std::shared_ptr<const token_source> source;  ///< of three experts or more
    double beta = 1, decay = 1;
};

/// A stable state of the diagram at one feedback.
struct token_state {
    std::size_t stretch = 0;            ///< index into token_prediction::stretches
    std::vector<double> scores, loads;  ///< (N), loads without noise
    loop_modes noise;                   ///< what batches make of it

    /// The mean loads that batches make of it. Shape (N).
    [[nodiscard]] std::vector<double> mean_loads() const;
};

/// A part of a branch that is stable throughout.
struct stable_stretch {
    int branch = 0;           ///< its id in the diagram
    double from = 0, to = 0;  ///< least and greatest feedback
};

struct token_level {
    double feedback = 0;
    std::vector<token_state> stable;  ///< by the branches' ids
};

/// All that theory says beforehand.
struct token_prediction {
    problem at;          ///< token-softmax
    diagram equilibria;  ///< over feedback, from where one state is stable to where several are
    std::vector<stable_stretch> stretches;
    /// Evenly spaced over the diagram's range, and the middles of stretches that have none of them.
    std::vector<token_level> levels;
};

/// Predicts the stable states from the mean load alone, all of them by continuation.
/// @param options  tokens, step and levels are used
/// @throws invalid_argument  for fewer than three experts, a source without stored tokens, an
///                           option out of range, or tokens that keep one state at all feedbacks
/// @throws interrupted       if the watch asks for it
[[nodiscard]] token_prediction predict_on_tokens(const token_router& router,
                                                 const validate_options& options = {},
                                                 const watch& watched = {});

inline constexpr std::size_t default_starts = 32;

/// What one run came to.
struct token_run {
    std::vector<double> loads;  ///< (N) means over the last window
    std::size_t windows = 0;    ///< of `average`, until it rested on a predicted state
};

struct measured_level {
    std::vector<std::vector<token_run>> own;  ///< [state][run], started on the state, one window
    std::vector<token_run> random;            ///< [start]
};

/// Runs the router from each predicted state, and from random scores.
///
/// Random scores are those of random loads, r^k/sum r^k with r exponential and k = 1, 2, 3, 4 in
/// turn: from nearly even ones to nearly one winner. A run of these goes on, window after window,
/// until it rests on a predicted state (resting_on), or for `patience` windows.
/// @param starts  random ones at each level
/// @throws invalid_argument  as closed_loop
/// @throws interrupted       if the watch asks for it
/// @cost   dominated by the tokens, N times tens of ns each
[[nodiscard]] std::vector<measured_level> measure_on_tokens(const token_router& router,
                                                            const token_prediction& predicted,
                                                            std::size_t starts,
                                                            const validate_options& options = {},
                                                            const watch& watched = {});

inline constexpr std::size_t patience = 16;  ///< windows in which a run must come to rest

/// The state of a level on which mean loads over so many batches rest: no load is further off than
/// six of its standard errors by theory and ten tokens of all these batches. The nearest, if there
/// are several; their number, if there is none.
[[nodiscard]] std::size_t resting_on(const token_level& level, const std::vector<double>& loads,
                                     const validate_options& options, double decay);

/// The runs of a level that started on one of its states.
struct token_point {
    std::size_t level = 0, state = 0;   ///< indices into the prediction
    std::size_t stayed = 0;             ///< of these runs, those that rested there
    std::size_t found = 0;              ///< random starts that came to rest there
    std::vector<double> loads, errors;  ///< (N) means of these runs, their errors by theory
    double chi_square = 0;    ///< in all directions of loads at once, rare experts together
    std::size_t degrees = 0;  ///< N - 1, or fewer where some are rare
    double p = 0;             ///< chance of a larger one
    std::string excuse;       ///< why theory says beforehand that p means nothing; empty: judged
};

/// A random start that came to rest on no state of the diagram.
struct stranger {
    std::size_t level = 0, start = 0;
    std::vector<double> loads;  ///< (N)
};

struct token_validation {
    token_prediction predicted;
    std::vector<token_point> points;
    std::vector<stranger> strangers;
    std::size_t starts = 0;  ///< random ones in all
    std::size_t met = 0;     ///< stretches on which, at some level, all own runs stayed
    verdict overall;
};

/// Lays the runs over the diagram. The verdict fails, too, if a stretch was not met or a random
/// start is a stranger.
/// @throws invalid_argument  if the two do not belong together
[[nodiscard]] token_validation compare_on_tokens(token_prediction predicted,
                                                 const std::vector<measured_level>& measured,
                                                 const validate_options& options = {});

/// Predicts, measures and compares.
/// @throws invalid_argument, interrupted  as these
/// @throws cut_short<token_validation>    with the prediction alone, if the watch asks to stop
///                                        after it
[[nodiscard]] token_validation validate_on_tokens(const token_router& router, std::size_t starts,
                                                  const validate_options& options = {},
                                                  const watch& watched = {});

/// Columns feedback, branch, winner (the expert with the largest load, from 1), runs, stayed,
/// found, load_1 (the largest), load_1_error, load_1_predicted, chi_square, degrees, p, judged.
[[nodiscard]] table point_table(const token_validation& v);

/// Columns point (row of the table above), expert, load, load_error, load_predicted.
[[nodiscard]] table load_table(const token_validation& v);

/// Columns stranger, feedback, start, expert, load.
[[nodiscard]] table stranger_table(const token_validation& v);

/// Columns branch, from, to; a row for each stretch.
[[nodiscard]] table stretch_table(const token_validation& v);

}  // namespace moebius
