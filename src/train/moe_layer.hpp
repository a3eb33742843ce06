// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/router/adaptive_clustering.hpp>
#include <moebius/router/router.hpp>
#include <moebius/train/moe_network.hpp>
#include <optional>
#include <span>
#include <vector>

#include "perceptron.hpp"

namespace moebius {

/// All that one layer made of a batch of B examples.
struct layer_pass {
    row_matrix inputs;           ///< x (B, d)
    row_matrix gate_inputs;      ///< (B, d): x, or M x with clusters
    row_matrix expert_inputs;    ///< (B, d): the same, as the variant of clustering says
    row_matrix scales;           ///< M (B, d); empty without clusters
    std::vector<double> logits;  ///< (B, E)
    router_outcome routed;
    row_matrix output;  ///< (B, out)
    /// Of each expert: the examples that it got, in order, and what it made of them.
    std::vector<std::vector<Eigen::Index>> members;
    std::vector<row_matrix> made;
    std::vector<perceptron_trace> traces;
};

/// A gate, a router and experts; parameters are a part of the network's.
class moe_layer {
public:
    /// @throws invalid_argument  if the parameters are more than any memory holds
    moe_layer(const moe_options& options, std::size_t outputs, const router& routing);

    [[nodiscard]] std::size_t parameters() const noexcept { return parameters_; }
    void initial(std::span<double> parameters, std::span<const double> normals) const;

    /// @param clusters  (B) of the layer before; empty: none
    /// @param key       of a training pass; nothing: as at inference
    [[nodiscard]] layer_pass forward(std::span<const double> parameters,
                                     std::span<const double> scores, row_matrix inputs,
                                     std::span<const std::uint32_t> clusters,
                                     const std::optional<batch_key>& key) const;

    /// The balancing terms of a pass, and what they add to dL/dlogits.
    double balance(const layer_pass& pass, std::span<const double> scores,
                   std::span<double> by_logits) const;

    /// Overwrites the gradient of this layer's parameters, balancing terms included.
    /// @param by_output  (B, out)
    /// @return dL/dinputs (B, d) if it is wanted
    row_matrix backward(std::span<const double> parameters, std::span<const double> scores,
                        const batch_key& key, const layer_pass& pass, const row_matrix& by_output,
                        std::span<double> gradient, bool inputs_wanted) const;

private:
    [[nodiscard]] std::size_t gate_size() const noexcept { return gate_size_; }
    void run_experts(std::span<const double> parameters, layer_pass& pass) const;
    std::vector<double> experts_backward(std::span<const double> parameters, const layer_pass& pass,
                                         const row_matrix& by_output, std::span<double> gradient,
                                         row_matrix& by_inputs) const;
    void gate_backward(std::span<const double> parameters, const layer_pass& pass,
                       std::span<const double> by_logits, std::span<double> gradient,
                       row_matrix& by_inputs) const;
    [[nodiscard]] router_batch batch_of(const layer_pass& pass, std::span<const double> scores,
                                        const batch_key& key) const;

    const moe_options& options_;
    const router& routing_;
    perceptron expert_;
    std::size_t gate_size_ = 0, parameters_ = 0;
};

/// The expert of largest weight of each example, the lowest on ties; no_expert for none.
[[nodiscard]] std::vector<std::uint32_t> first_choices(const router_outcome& routed,
                                                       std::size_t experts);

}  // namespace moebius
