// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/require.hpp>
#include <moebius/train/moe_network.hpp>
#include <utility>

#include "classification.hpp"
#include "moe_layer.hpp"

namespace moebius {
namespace {

void check_options(const moe_options& options) {
    const require network("moe_network");
    network.at_least("width", options.width, 1)
        .at_least("experts", options.experts, 1)
        .at_least("classes", options.classes, 1);
    for (const std::size_t hidden : options.hidden) network.at_least("a hidden width", hidden, 1);
    if (options.layers != 1 && options.layers != 2)
        throw invalid_argument("moe_network", fmt::format("{} layers came", options.layers),
                               "there are networks of 1 and of 2");
    if (options.clustering && options.layers != 2)
        throw invalid_argument("moe_network", "clusters came for one layer",
                               "they are the experts of the layer before");
    if (options.clustering && options.clustering->unit_tokens)
        throw invalid_argument("moe_network", "the clustering of soft-moe came",
                               "language and swin are those of a hard router");
    for (const double weight :
         {options.balance.switch_loss, options.balance.importance, options.balance.z_loss})
        network.not_negative("the weight of a balancing term", weight);
    constexpr double most = std::numeric_limits<float>::max();  // models begin as floats
    if (!(std::abs(options.gate_bias) <= most))
        throw invalid_argument("moe_network", fmt::format("gate_bias is {}", options.gate_bias),
                               "it must be a finite number of single precision");
}

/// A layer, and where its numbers lie among the network's.
struct placed_layer {
    moe_layer layer;
    std::size_t first;  ///< parameter
    std::size_t score;  ///< first score
};

std::vector<placed_layer> layers_of(const moe_options& options, const router& routing,
                                    const watch* heeded = nullptr) {
    std::vector<placed_layer> layers;
    std::size_t first = 0;
    for (std::size_t l = 0; l < options.layers; ++l) {
        const std::size_t outputs = l + 1 < options.layers ? options.width : options.classes;
        layers.push_back(
            {moe_layer(options, outputs, routing, heeded), first, l * options.experts});
        first += layers.back().layer.parameters();
    }
    return layers;
}

/// A batch on its way through the layers.
class passage {
public:
    passage(const moe_options& options, const router& routing, std::span<const double> parameters,
            std::span<const double> scores, const watch* heeded = nullptr)
        : options_(options),
          layers_(layers_of(options, routing, heeded)),
          parameters_(parameters),
          scores_(scores) {}

    /// @param key  of a training pass; nothing: as at inference
    void forward(std::span<const double> inputs, const std::optional<batch_key>& key) {
        const auto width = static_cast<Eigen::Index>(options_.width);
        row_matrix x = Eigen::Map<const row_matrix>(
            inputs.data(), static_cast<Eigen::Index>(inputs.size()) / width, width);
        std::vector<std::uint32_t> clusters;
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            passes_.push_back(layers_[l].layer.forward(parameters_of(l), scores_of(l), x, clusters,
                                                       key_of(key, l)));
            if (l + 1 == layers_.size()) break;
            x += passes_.back().output;
            if (options_.clustering)
                clusters = first_choices(passes_.back().routed, options_.experts);
        }
    }

    /// @param by_output  of the last layer (B, C)
    void backward(const batch_key& key, row_matrix by_output, std::span<double> gradient) const {
        for (std::size_t l = layers_.size(); l-- > 0;) {
            const auto& layer = layers_[l].layer;
            auto by_inputs = layer.backward(
                parameters_of(l), scores_of(l), *key_of(key, l), passes_[l], by_output,
                gradient.subspan(layers_[l].first, layer.parameters()), l > 0);
            if (l > 0) by_output = std::move(by_inputs);  // h = x + y(x), and x has no parameters
        }
    }

    [[nodiscard]] double balance() const {
        double sum = 0;
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            std::vector<double> ignored(passes_[l].logits.size());
            sum += layers_[l].layer.balance(passes_[l], scores_of(l), ignored);
        }
        return sum;
    }

    [[nodiscard]] const std::vector<layer_pass>& passes() const noexcept { return passes_; }

private:
    [[nodiscard]] std::span<const double> parameters_of(std::size_t l) const {
        return parameters_.subspan(layers_[l].first, layers_[l].layer.parameters());
    }
    [[nodiscard]] std::span<const double> scores_of(std::size_t l) const {
        return scores_.subspan(layers_[l].score, options_.experts);
    }
    [[nodiscard]] static std::optional<batch_key> key_of(const std::optional<batch_key>& key,
                                                         std::size_t l) {
        if (!key || l == 0) return key;
        return batch_key{derived_seed(key->seed, l), key->step};
    }

    const moe_options& options_;
    std::vector<placed_layer> layers_;
    std::span<const double> parameters_, scores_;
    std::vector<layer_pass> passes_;
};

network_pass result_of(const passage& passed, const scored_outputs& scored, std::size_t experts) {
    network_pass result;
    result.loss = scored.loss;
    result.right = scored.right;
    for (const auto& pass : passed.passes()) {
        result.loads.insert(result.loads.end(), pass.routed.load.begin(), pass.routed.load.end());
        const auto first = first_choices(pass.routed, experts);
        result.choices.insert(result.choices.end(), first.begin(), first.end());
    }
    const auto& output = passed.passes().back().output;
    result.outputs.assign(output.data(), output.data() + output.size());
    return result;
}

}  // namespace

std::string_view to_string(activation kind) noexcept {
    return kind == activation::relu ? "relu" : "gelu";
}

std::string_view to_string(training_loss loss) noexcept {
    return loss == training_loss::cross_entropy ? "cross-entropy" : "squared-error";
}

moe_network::moe_network(moe_options options) : options_(std::move(options)) {
    check_options(options_);
    const auto& setup = options_.router;
    router_ = make_router(setup.name, setup.beta, setup.noise, setup.settings);
    router_->check(options_.experts);
    const auto layers = layers_of(options_, *router_);
    parameters_ = layers.back().first + layers.back().layer.parameters();
}

std::vector<double> moe_network::initial(std::uint64_t seed) const {
    std::vector<double> parameters(parameters_);
    const auto normals = initial_normals(seed, parameters_);
    for (const auto& [layer, first, score] : layers_of(options_, *router_))
        layer.initial(std::span(parameters).subspan(first, layer.parameters()),
                      std::span(normals).subspan(first, layer.parameters()));
    for (double& value : parameters)
        value = static_cast<double>(static_cast<float>(value));  // the same on devices
    return parameters;
}

network_pass moe_network::learn(std::span<const double> parameters, std::span<const double> scores,
                                const example_batch& batch, batch_key key,
                                std::span<double> gradient) const {
    check_batch("moe_network", *this, parameters, scores, batch);
    passage passed(options_, *router_, parameters, scores, batch.heeded);
    passed.forward(batch.inputs, key);
    auto scored = score(options_.loss, passed.passes().back().output, batch.labels);
    passed.backward(key, std::move(scored.by_output), gradient);
    auto result = result_of(passed, scored, options_.experts);
    result.balance = passed.balance();
    return result;
}

network_pass moe_network::infer(std::span<const double> parameters, std::span<const double> scores,
                                const example_batch& batch) const {
    check_batch("moe_network", *this, parameters, scores, batch);
    passage passed(options_, *router_, parameters, scores);
    passed.forward(batch.inputs, {});
    return result_of(passed, score(options_.loss, passed.passes().back().output, batch.labels),
                     options_.experts);
}

std::vector<double> moe_network::logits(std::span<const double> parameters,
                                        std::span<const double> scores,
                                        std::span<const double> inputs) const {
    passage passed(options_, *router_, parameters, scores);
    passed.forward(inputs, {});
    return passed.passes().back().logits;
}

}  // namespace moebius
