// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <moebius/router/adaptive_clustering.hpp>
#include <moebius/router/registry.hpp>
#include <moebius/train/network.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

enum class activation { relu, gelu };  ///< gelu: x Phi(x), not its tanh approximation
[[nodiscard]] std::string_view to_string(activation kind) noexcept;

enum class training_loss {
    cross_entropy,  ///< of the softmax of the outputs
    squared_error,  ///< sum over the outputs of (output - 1 or 0)^2, 1 for the class
};
[[nodiscard]] std::string_view to_string(training_loss loss) noexcept;

/// What is added to the loss against collapse, by its weight; 0 leaves a term out. All see the
/// scaled logits beta (logit + score), and are summed over layers.
struct balance_terms {
    double switch_loss = 0;  ///< N sum f_j P_j
    double importance = 0;   ///< squared coefficient of variation of the mean probabilities
    double z_loss = 0;       ///< mean squared log-sum-exp
};

/// A router by name: what make_router takes.
struct router_setup {
    std::string name{default_router};
    double beta = 1;
    noise_law noise = noise_law::none;  ///< of training passes
    router_settings settings = {};
};

/// A small MoE classifier: a linear gate with bias, any router, E experts (multilayer perceptrons),
/// y = sum_e w_e f_e(x).
///
/// With two layers, the first is residual, h = x + y(x), with experts d -> hidden -> d, and the
/// second classifies h. With clustering the second gate sees each example scaled by the weights of
/// its cluster, the expert that it had in the first layer (adaptive clustering).
struct moe_options {
    std::size_t width = 64;                  ///< d
    std::size_t experts = 4;                 ///< E
    std::vector<std::size_t> hidden = {32};  ///< widths between input and output of an expert
    std::size_t classes = 10;                ///< C
    activation between = activation::relu;
    training_loss loss = training_loss::cross_entropy;
    std::size_t layers = 1;  ///< 1 or 2
    router_setup router = {};
    std::optional<clustering_options> clustering = {};  ///< of two layers
    balance_terms balance = {};
    double gate_bias = 0;  ///< what the first expert's gate has more than the others at the start
};

/// Parameters, one after another and row-major: for each layer the gate's weights (d, E) and biases
/// (E), then for each expert and each of its linear maps the weights (in, out) and biases (out).
///
/// They start as normal numbers of standard deviation 1/sqrt(d) for the gate, sqrt(2/in) for maps
/// into a hidden layer, 1/sqrt(in) for the last, and 0 for biases (He et al., ICCV 2015).
class moe_network final : public network {
public:
    /// @throws invalid_argument  for an option out of range, or as make_router and router::check
    explicit moe_network(moe_options options);

    [[nodiscard]] const moe_options& options() const noexcept { return options_; }

    [[nodiscard]] std::size_t width() const noexcept override { return options_.width; }
    [[nodiscard]] std::size_t classes() const noexcept override { return options_.classes; }
    [[nodiscard]] std::size_t parameters() const noexcept override { return parameters_; }
    [[nodiscard]] std::size_t layers() const noexcept override { return options_.layers; }
    [[nodiscard]] std::size_t experts() const noexcept override { return options_.experts; }
    [[nodiscard]] std::vector<double> initial(std::uint64_t seed) const override;
    network_pass learn(std::span<const double> parameters, std::span<const double> scores,
                       const example_batch& batch, batch_key key,
                       std::span<double> gradient) const override;
    [[nodiscard]] network_pass infer(std::span<const double> parameters,
                                     std::span<const double> scores,
                                     const example_batch& batch) const override;
    [[nodiscard]] std::vector<double> logits(std::span<const double> parameters,
                                             std::span<const double> scores,
                                             std::span<const double> inputs) const override;
    [[nodiscard]] const router* routing() const noexcept override { return router_.get(); }

private:
    moe_options options_;
    std::shared_ptr<const router> router_;
    std::size_t parameters_ = 0;
};

}  // namespace moebius
