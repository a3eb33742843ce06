// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <moebius/train/soft_moe_network.hpp>
#include <span>

namespace moebius {

/// Shares of inputs that are classified rightly when each input keeps k of the n experts.
struct subset_accuracy {
    double full = 0;    ///< all n experts
    double top = 0;     ///< the k of largest combine mass
    double random = 0;  ///< any k: mean over ten draws, other ones for each input
    double bottom = 0;  ///< the k of smallest combine mass
    /// Some k are right: the best that a rule could do. NaN for more than 8 experts.
    double best = std::numeric_limits<double>::quiet_NaN();
};

/// Can few experts, chosen for each input from its combine weights, stand for all? D and C stay as
/// they are, and experts that are dropped give 0. Of equal outputs or masses the lowest wins.
///
/// @param k     experts that are kept, 1 to n
/// @param seed  of the random subsets: those of router/expert_subset.hpp
/// @throws invalid_argument  for a k out of range, or as network::infer
/// @source Chung et al., Beyond Parameter Count (arXiv 2409.00879); docs/routers.md sections 4.4
///         and 4.6
[[nodiscard]] subset_accuracy subset_accuracies(const soft_moe_network& model,
                                                std::span<const double> parameters,
                                                std::span<const double> scores,
                                                const example_batch& batch, std::size_t k,
                                                std::uint64_t seed);

}  // namespace moebius
