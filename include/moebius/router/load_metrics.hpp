// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace moebius {

/// How uneven the loads of N experts are. All dimensionless.
struct load_metrics {
    double variation = 0;  ///< coefficient of variation: standard deviation (over N) / mean
    double largest = 0;    ///< share of the busiest expert, in [1/N, 1]
    double entropy = 1;    ///< of the shares, over log N: 1 even, 0 all on one
    double gini = 0;       ///< 0 even, 1 - 1/N all on one
    std::size_t dead = 0;  ///< experts whose share is at most the limit
};

/// @param load        (N), finite, >= 0: shares or counts, of any sum. Of no assignments at all
///                    everything is even, the largest share is 0 and all experts are dead; the
///                    entropy of one expert is 1.
/// @param dead_limit  the share up to which an expert counts as dead, >= 0
/// @throws invalid_argument  for no experts, a load or a limit out of range
/// @source docs/routers.md section 0
[[nodiscard]] load_metrics measure_load(std::span<const double> load, double dead_limit = 0);

}  // namespace moebius
