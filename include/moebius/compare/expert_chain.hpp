// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/compare/loop_modes.hpp>
#include <moebius/dynamics/noisy_chain.hpp>
#include <moebius/dynamics/schedule.hpp>
#include <moebius/model/field.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Runs the closed loop of N alike experts, reduced to its scores, until the highest score is so
/// far above their mean.
///
/// A batch has the loads p(s) + C^(1/2) xi, xi standard normal, C = (dp/ds)/(beta k T): for one
/// expert a token (diag p - p p^T)/T. For more, C^(1/2) is made again every eight batches only. The
/// rule moves the scores. The normal stands for the tokens' own law, and nothing else is left out.
/// @param at      parameters other than feedback, which the schedule moves
/// @param scores  (N) to start from
/// @param lead    crossed by lead_of the scores
/// @return  (members): the feedback at the first batch after which it is crossed, NaN if it never
///          is. Numbers depend on (seed, member, batch) alone.
/// @throws interrupted  if the watch asks for it
/// @cost   a member and batch: tens of ns times N for one expert a token; N^3/24 more for several
[[nodiscard]] std::vector<double> expert_chain(const problem& at, const schedule& plan,
                                               std::span<const double> scores, const passage& lead,
                                               const loop_batches& batches,
                                               const chain_options& options,
                                               const watch& watched = {});

}  // namespace moebius
