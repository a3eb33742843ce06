// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/load_log_file.hpp>
#include <moebius/simulate/replicas.hpp>
#include <moebius/train/score_probe.hpp>

namespace moebius {

/// The probes of a simulation with a record of every batch, as load_log takes them: the dither
/// of each batch, and the sums of p p^T of its tokens, which are drawn again from their seeds.
/// @param source  as it was simulated: of a dither dithered_tokens
/// @param loop    of the simulation: tokens, and the seed of its replicas
[[nodiscard]] log_probes probes_of(const simulation& measured, const token_source& source,
                                   double beta, const loop_options& loop, const score_probe& probe);

}  // namespace moebius
