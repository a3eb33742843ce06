// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <moebius/base/watch.hpp>
#include <moebius/router/load_response.hpp>
#include <moebius/router/router.hpp>
#include <moebius/tokens/token_source.hpp>
#include <vector>

namespace moebius {

struct response_options {
    /// Score differences from -reach to reach, in scores, > 0; doubled until the gap at the ends no
    /// longer moves by more than its noise.
    double reach = 12;
    std::size_t points = 97;    ///< of them, >= 12
    std::size_t tokens = 1024;  ///< of a batch, >= 1
    std::size_t batches = 256;  ///< at each point, >= 2
    std::uint64_t seed = 1;
    unsigned threads = 0;  ///< 0: as many as the hardware runs; changes no number
};

/// The defaults for a router of that beta: the reach is 12/beta.
[[nodiscard]] response_options response_at(double beta);

/// The load gap of two experts over their score difference, measured open-loop.
struct measured_response {
    std::vector<double> x;      ///< (points)
    std::vector<double> gap;    ///< (points): mean over the batches, made monotone
    std::vector<double> error;  ///< (points): standard error of a mean
    /// Of two experts. Monotone and once continuously differentiable; constant beyond the ends. It
    /// knows the router at one beta: beta changes nothing, and its slope by beta is 0.
    std::shared_ptr<const load_response> loads;
};

/// A mean over batches and its standard error.
struct mean_gap {
    double value = 0, error = 0;
};

/// The load gap at fixed scores (x/2, -x/2): the open loop.
/// @param options  tokens and batches are used
/// @throws invalid_argument, interrupted  as measure_response
[[nodiscard]] mean_gap open_loop_gap(double x, const token_source& source, const router& router,
                                     const response_options& options, std::uint64_t seed,
                                     const watch& watched = {});

/// Routes batches at fixed scores, as the loop would with no feedback.
///
/// @throws invalid_argument  unless the source has two experts, or for an option out of range
/// @throws interrupted       if the watch asks for it
/// Values and slopes are those of cubics fitted to 11 neighbours each: with the default points and
/// reach 12/beta, structure finer than 1/beta is smoothed.
/// @source monotone cubic interpolation: Fritsch & Carlson, SIAM J. Numer. Anal. 17 (1980); the
///         nearest monotone values: pool adjacent violators, Ayer et al., Ann. Math. Stat. 26
///         (1955)
[[nodiscard]] measured_response measure_response(const std::shared_ptr<const token_source>& source,
                                                 const router& router,
                                                 const response_options& options = {},
                                                 const watch& watched = {});

}  // namespace moebius
