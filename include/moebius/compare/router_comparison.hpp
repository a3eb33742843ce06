// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/compare/measured_response.hpp>
#include <moebius/router/router.hpp>
#include <moebius/tokens/token_source.hpp>
#include <string>
#include <vector>

namespace moebius {

/// How routers are laid beside each other. Times are in units of 1/decay.
struct comparison_options {
    double beta = 1;           ///< of the routers, > 0
    double decay = 1;          ///< > 0
    double step = 0.05;        ///< of the discrete rule times decay, > 0 and < 1
    std::size_t tokens = 256;  ///< T of a batch, >= 1
    std::size_t seeds = 8;     ///< runs of each kind, >= 2
    double settle = 60;        ///< time before anything is averaged, > 0
    double average = 600;      ///< time that is averaged for the threshold, > 0
    double excess = 1.5;       ///< feedback of the bias sweeps over that of the cusp, > 1
    double ramp = 600;         ///< time of a bias sweep, > 0
    double chance = 1e-3;      ///< thresholds disagree if chance explains less, 0 to 1
    std::uint64_t seed = 1;
    unsigned threads = 0;            ///< 0: as many as the hardware runs; changes no number
    response_options response = {};  ///< where no closed form is known
};

/// A number and its standard error; 0 where theory gives it exactly, NaN where there is none.
struct estimate {
    double value = 0, error = 0;
};

/// What the mean load of a router says.
struct router_forecast {
    bool measured = false;  ///< the response was measured, not known in closed form
    /// Feedback at which equal loads lose stability, decay / m'(x_0); NaN, and all behind it, if
    /// they never do: for probmoe-dynamic-k, whose tokens take more experts as scores rise.
    estimate threshold;
    double offset = 0;  ///< x_0 = s_1 - s_2 (or the mean of the others) of equal loads
    double slope = 0;   ///< m'(x_0)
    double cubic =
        0;  ///< feedback m''' / 6 at x_0: negative, a supercritical pitchfork, where m'' is 0
    // Of two experts; NaN for more.
    estimate cusp;  ///< feedback above which two states are stable at some bias
    double cusp_bias = 0, cusp_x = 0;
    double sweep_feedback = 0;          ///< excess times the cusp's
    estimate fold_up, fold_down;        ///< bias at which the lower, the upper state ends
    double jump_up = 0, jump_down = 0;  ///< where the noise-free rule jumps on the same sweeps
};

/// What the router did in its closed loop.
struct router_observation {
    estimate threshold;           ///< over seeds
    estimate jump_up, jump_down;  ///< bias at which a slow sweep crosses cusp_x; NaN for N > 2
};

struct compared_router {
    std::string name;
    router_forecast predicted;
    router_observation observed;
    std::shared_ptr<const load_response> loads;  ///< the response that predicts
    double z = 0;  ///< of the thresholds' difference; NaN if it is not judged
    /// Both thresholds are there, their errors below 5 % of them, and no loop left equal loads.
    bool judged = false;
    bool agrees = false;  ///< judged, and chance explains the difference
};

/// A router by the name under which it is shown, its beta that of the options.
struct named_router {
    std::string name;
    std::shared_ptr<const router> made;
};

/// Predicts threshold, folds and cusp of each router on the same tokens from its mean load, and
/// measures them in the closed loop.
///
/// The loop's threshold comes from how equal loads answer a small bias at 0.8 of the predicted one:
/// the stiffness decay - feedback m' is the bias over the shift of the score difference, and falls
/// linearly to 0. The curvature of m over that shift, under 2 %, and over what the loop is seen to
/// fluctuate is taken out by the predicted response; 2e-4 of it is left to higher orders, which
/// counts as an error of the measurement.
///
/// A loop that leaves equal loads (they may be stable in theory, and noise kicks it out of a narrow
/// basin) has no threshold.
///
/// Bias sweeps go once over both folds and half their distance beyond, at a feedback `excess` times
/// the cusp's; the noise of finite batches makes loops jump before the noise-free rule.
///
/// The mean score is feedback/(decay N), where the loop settles: it matters to probmoe-dynamic-k.
/// @param source  tokens of two experts, or none of any number of experts
/// @throws invalid_argument  for more experts with tokens, no router, or an option out of range; if
///                           a router has equal loads nowhere
/// @throws interrupted       if the watch asks for it
/// @source docs/theory.md sections 3 and 4
[[nodiscard]] std::vector<compared_router> compare_routers(
    const std::shared_ptr<const token_source>& source, const std::vector<named_router>& routers,
    const comparison_options& options = {}, const watch& watched = {});

/// A row a router, in their order: router (its position), the numbers above with _error columns,
/// z, agrees.
[[nodiscard]] table comparison_table(const std::vector<compared_router>& compared);

/// The fold sets of two experts: columns router, feedback, bias, x; up to twice the feedback of the
/// bias sweeps. Empty for more experts.
[[nodiscard]] table fold_table(const std::vector<compared_router>& compared,
                               const comparison_options& options);

}  // namespace moebius
