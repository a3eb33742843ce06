// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/router/load_metrics.hpp>
#include <moebius/train/training.hpp>
#include <span>
#include <vector>

namespace moebius {

/// What a model does on a set of examples, at inference.
struct model_measures {
    double loss = 0;
    double accuracy = 0;        ///< share of right examples
    std::vector<double> loads;  ///< (L E), shares of a layer's assignments
    load_metrics balance;       ///< of the last layer's loads; dead: at most 1 in 1000
    // Of the last layer's router; NaN where its logits are not those of examples.
    double router_entropy = 0;  ///< mean entropy of softmax(z) over log E; 1 for one expert
    /// Density at 0 of the margin (logit + score) between the two leading experts, as a margin of
    /// either sign: half of that of its absolute value. Normal kernel, Silverman's width.
    double margin_density = 0;
    /// feedback/decay times the largest slope of mean loads along scores that sum to 0, at the
    /// scores of the model: where it passes 1 the state is unstable. NaN where the mean load is not
    /// known; for two experts without noise 2 feedback/decay margin_density.
    double effective_feedback = 0;
};

/// @param rows  of the data, at least one; beyond 65,536 they are seen in as many parts, of which
///              a router that balances a batch balances each
/// @throws invalid_argument  for no rows or a row out of range
[[nodiscard]] model_measures measure_model(const training_run& run, const training_state& state,
                                           const labelled_data& data,
                                           std::span<const std::uint32_t> rows);

/// The largest slope of mean loads along scores that sum to 0.
/// @param loads  with each expert its own group
[[nodiscard]] double largest_slope(const load_response& loads, std::span<const double> scores,
                                   double beta);

/// The examples of some rows, one after another.
struct chosen_rows {
    std::vector<double> inputs;
    std::vector<std::uint32_t> labels;
    [[nodiscard]] example_batch batch() const { return {inputs, labels}; }
};
[[nodiscard]] chosen_rows take_rows(const labelled_data& data, std::span<const std::uint32_t> rows);

}  // namespace moebius
