// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <moebius/router/soft_moe.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Which k of n experts predict the label of one input? Those of largest combine mass: the sum of
/// an expert's combine weights over tokens and slots. Here and below subsets are experts in rising
/// order.
/// @param combine  C (m, n p), row-major
/// @throws invalid_argument  for a size that does not fit
/// @source Chung et al., Beyond Parameter Count (arXiv 2409.00879); docs/routers.md section 4.4
[[nodiscard]] std::vector<double> combine_mass(std::span<const double> combine, std::size_t experts,
                                               std::size_t slots);

/// The k experts of largest mass, the lowest on ties.
/// @throws invalid_argument  unless 1 <= k <= n
[[nodiscard]] std::vector<std::size_t> top_subset(std::span<const double> mass, std::size_t k);

/// k of n experts, all subsets alike: the baseline. The same for the same seed and input.
/// @param input  number of the input
/// @throws invalid_argument  unless 1 <= k <= n
[[nodiscard]] std::vector<std::size_t> random_subset(std::size_t experts, std::size_t k,
                                                     std::uint64_t seed, std::uint64_t input);

/// A subset and what it was worth.
struct scored_subset {
    std::vector<std::size_t> experts;
    double score = 0;
};

/// The subset of k experts with the largest score, by trying all; of equals the first in
/// lexicographic order. A score that is NaN never wins.
/// @throws invalid_argument  unless 1 <= k <= n, and for more than a million subsets
[[nodiscard]] scored_subset best_subset(
    std::size_t experts, std::size_t k,
    const std::function<double(std::span<const std::size_t>)>& score);

/// What happens to the combine weights of the experts that are kept.
enum class kept_weights {
    unchanged,     ///< nothing: rows of C sum to less than 1 (the published rule)
    renormalised,  ///< rows sum to 1 again, as if the dropped logits were minus infinity
};

/// The output (m, d) of a layer of which only a subset of the experts is run; D and the slots of
/// those experts are as in the pass. A row whose kept weights are all 0 gives 0.
/// @throws invalid_argument  for an expert out of range
[[nodiscard]] std::vector<double> subset_output(const soft_moe_layer& layer,
                                                const soft_moe_pass& pass,
                                                std::span<const std::size_t> subset,
                                                kept_weights weights = kept_weights::unchanged);

}  // namespace moebius
