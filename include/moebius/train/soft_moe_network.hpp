// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/network.hpp>
#include <vector>

namespace moebius {

/// A classifier of square images: patches are the tokens of one Soft MoE layer, whose outputs a
/// linear map decodes.
struct soft_moe_network_options {
    std::size_t width = 64;   ///< S^2: pixels of an image of side S, row-major
    std::size_t patch = 4;    ///< side of a patch, a divisor of S: d = patch^2, m = (S / patch)^2
    std::size_t experts = 4;  ///< n
    std::size_t slots = 1;    ///< p of an expert
    std::size_t hidden = 32;  ///< of an expert, d -> hidden -> d
    std::size_t classes = 10;
    activation between = activation::relu;
    bool mix_units = false;  ///< as soft_moe_layer's
};

/// What each expert adds to the outputs of B inputs: output_c = bias_c + sum over e of added_ec.
struct expert_parts {
    std::vector<double> mass;    ///< (B, n): combine mass
    std::vector<double> added;   ///< (B, n, C)
    std::vector<double> biases;  ///< (C)
};

/// Parameters, one after another and row-major: slot vectors (d, n p), their scale, for each expert
/// weights (d, hidden), biases (hidden), weights (hidden, d) and biases (d), and the decoder's
/// weights (m d, C) and biases (C).
///
/// They start as normal numbers of standard deviation 1/sqrt(d) for slot vectors, sqrt(2/d) and
/// 1/sqrt(hidden) for an expert's maps and 1/sqrt(m d) for the decoder; 1 for the scale, 0 for
/// biases. The loss is the cross-entropy.
///
/// Tokens are patches from left to right and from the top down, each row-major. The load of an
/// expert is its share of the combine mass of the batch, and its score is added to the logits of
/// its slots: it moves C alone. Nothing is drawn, so learn sees what infer sees. There is no
/// router of examples: routing() is null, logits() are empty, and an example's choice is the
/// expert of largest mass. A patch that is not finite has no output, and an example of only such
/// patches no_expert. With slot vectors, a scale or scores that are not finite the loss is NaN.
/// @source include/moebius/router/soft_moe.hpp; docs/routers.md sections 4.1 and 4.5
class soft_moe_network final : public network {
public:
    /// @throws invalid_argument  for an option of 0, a width that is no square, or a patch that
    ///                           does not divide its side
    explicit soft_moe_network(soft_moe_network_options options);

    [[nodiscard]] const soft_moe_network_options& options() const noexcept { return options_; }
    [[nodiscard]] std::size_t side() const noexcept { return side_; }  ///< S
    [[nodiscard]] std::size_t tokens() const noexcept;                 ///< m

    [[nodiscard]] std::size_t width() const noexcept override { return options_.width; }
    [[nodiscard]] std::size_t classes() const noexcept override { return options_.classes; }
    [[nodiscard]] std::size_t parameters() const noexcept override { return parameters_; }
    [[nodiscard]] std::size_t layers() const noexcept override { return 1; }
    [[nodiscard]] std::size_t experts() const noexcept override { return options_.experts; }
    [[nodiscard]] std::vector<double> initial(std::uint64_t seed) const override;
    network_pass learn(std::span<const double> parameters, std::span<const double> scores,
                       const example_batch& batch, batch_key key,
                       std::span<double> gradient) const override;
    [[nodiscard]] network_pass infer(std::span<const double> parameters,
                                     std::span<const double> scores,
                                     const example_batch& batch) const override;
    [[nodiscard]] std::vector<double> logits(std::span<const double>, std::span<const double>,
                                             std::span<const double>) const override {
        return {};
    }
    [[nodiscard]] const router* routing() const noexcept override { return nullptr; }

    /// The outputs, taken apart by experts.
    /// @throws invalid_argument  as infer
    [[nodiscard]] expert_parts parts(std::span<const double> parameters,
                                     std::span<const double> scores,
                                     const example_batch& batch) const;

private:
    soft_moe_network_options options_;
    std::size_t side_ = 0;
    std::size_t parameters_ = 0;
};

}  // namespace moebius
