// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/router/load_response.hpp>
#include <vector>

namespace moebius {

/// A router that in a share of its batches takes no notice of the scores: p = (1 - share) base +
/// share constant. All slopes are 1 - share times those of the base, and so is the feedback that
/// the scores feel: the balanced state is lost at kappa/(1 - share).
///
/// @param base      the response of the other batches
/// @param share     of the batches, in [0, 1]
/// @param constant  (N): load of each expert in those batches, summing to 1; the same within each
///                  group of the base
/// @param at_one_beta  the constant would be another one at another beta
/// @throws invalid_argument  for no base, a share outside [0, 1], a constant that does not fit
/// @source docs/theory.md section 4 (a Sinkhorn step in place of routing)
[[nodiscard]] std::shared_ptr<const load_response> mixed_loads(
    std::shared_ptr<const load_response> base, double share, std::vector<double> constant,
    bool at_one_beta = false);

}  // namespace moebius
