// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <moebius/router/expert_subset.hpp>
#include <moebius/router/soft_moe.hpp>
#include <moebius/train/soft_moe_network.hpp>
#include <string_view>
#include <utility>

#include "classification.hpp"

namespace moebius {
namespace {

using view = Eigen::Map<const row_matrix>;
using block = Eigen::Map<row_matrix>;

std::size_t checked_side(const soft_moe_network_options& options) {
    const auto size = [](std::string_view name, std::size_t value) {
        if (value == 0)
            throw invalid_argument("soft_moe_network", fmt::format("{} is 0", name),
                                   "it must be >= 1");
    };
    size("width", options.width);
    size("patch", options.patch);
    size("experts", options.experts);
    size("slots", options.slots);
    size("hidden", options.hidden);
    size("classes", options.classes);
    const auto side = static_cast<std::size_t>(std::lround(std::sqrt(options.width)));
    if (side * side != options.width)
        throw invalid_argument("soft_moe_network", fmt::format("width is {}", options.width),
                               "it must be the square of a side");
    if (side % options.patch != 0)
        throw invalid_argument("soft_moe_network", fmt::format("patch is {}", options.patch),
                               fmt::format("it must divide the side, {}", side));
    return side;
}

/// Sizes, and where each part of the parameters begins.
struct layout {
    explicit layout(const soft_moe_network_options& options)
        : token(options.patch * options.patch),
          tokens(options.width / token),
          slots(options.slots),
          all_slots(checked_product(who, {options.experts, options.slots})),
          expert({token, options.hidden, token}, options.between),
          scale(checked_product(who, {token, all_slots})),
          experts(scale + 1),
          decoder(checked_sum(
              who, {experts, checked_product(who, {options.experts, expert.parameters()})})),
          biases(
              checked_sum(who, {decoder, checked_product(who, {options.width, options.classes})})),
          end(checked_sum(who, {biases, options.classes})) {}

    static constexpr std::string_view who = "parameters of soft-moe";

    std::size_t token, tokens, slots, all_slots;  ///< d, m, p, n p
    perceptron expert;
    std::size_t scale, experts, decoder, biases, end;

    [[nodiscard]] std::size_t expert_at(std::size_t e) const {
        return experts + e * expert.parameters();
    }
};

/// (B, m, d): images cut into patches.
std::vector<double> patches_of(std::span<const double> images, std::size_t side,
                               std::size_t patch) {
    std::vector<double> tokens;
    tokens.reserve(images.size());
    for (std::size_t image = 0; image < images.size(); image += side * side)
        for (std::size_t top = 0; top < side; top += patch)
            for (std::size_t left = 0; left < side; left += patch)
                for (std::size_t row = top; row < top + patch; ++row) {
                    const auto from = images.subspan(image + row * side + left, patch);
                    tokens.insert(tokens.end(), from.begin(), from.end());
                }
    return tokens;
}

/// A batch on its way: images one by one through the layer's softmaxes, together through experts.
class soft_passage {
public:
    soft_passage(const soft_moe_network& model, std::span<const double> parameters,
                 std::span<const double> scores)
        : options_(model.options()),
          at_(options_),
          side_(model.side()),
          parameters_(parameters),
          traces_(options_.experts) {
        const auto slot_vectors = parameters.first(at_.scale);
        layer_ = {.width = at_.token,
                  .experts = options_.experts,
                  .slots = options_.slots,
                  .slot_vectors = {slot_vectors.begin(), slot_vectors.end()},
                  .scale = parameters[at_.scale],
                  .mix_units = options_.mix_units,
                  .scores = {scores.begin(), scores.end()}};
    }

    void forward(std::span<const double> inputs) {
        tokens_ = patches_of(inputs, side_, options_.patch);
        const auto none = [](std::size_t, std::span<const double>, std::span<double>) {};
        for (std::size_t b = 0; b < images(); ++b)
            passes_.push_back(soft_moe(layer_, tokens_of(b), none));
        for (std::size_t e = 0; e < options_.experts; ++e) {
            row_matrix slots(index(images() * at_.slots), index(at_.token));
            for (std::size_t b = 0; b < images(); ++b)
                part(slots.data(), b) = part(std::as_const(passes_[b].slot_inputs).data(), e);
            const auto made = at_.expert.forward(parameters_.subspan(at_.expert_at(e)),
                                                 std::move(slots), traces_[e]);
            for (std::size_t b = 0; b < images(); ++b)
                part(passes_[b].slot_outputs.data(), e) = part(made.data(), b);
        }
        mixed_.resize(index(images()), index(options_.width));
        for (std::size_t b = 0; b < images(); ++b) {
            auto& pass = passes_[b];
            block output(pass.output.data(), index(at_.tokens), index(at_.token));
            output.noalias() = combine_of(pass) * view(pass.slot_outputs.data(),
                                                       index(at_.all_slots), index(at_.token));
            mixed_.row(index(b)) =
                Eigen::Map<const Eigen::RowVectorXd>(pass.output.data(), mixed_.cols());
        }
    }

    /// (B, C)
    [[nodiscard]] row_matrix outputs() const {
        row_matrix result = mixed_ * decoder();
        result.rowwise() += Eigen::Map<const Eigen::RowVectorXd>(parameters_.data() + at_.biases,
                                                                 index(options_.classes));
        return result;
    }

    /// @param by_output  (B, C)
    /// @param gradient   (P), overwritten
    void backward(const row_matrix& by_output, std::span<double> gradient) const {
        std::fill(gradient.begin(), gradient.end(), 0.0);
        block(gradient.data() + at_.decoder, mixed_.cols(), by_output.cols()).noalias() =
            mixed_.transpose() * by_output;
        Eigen::Map<Eigen::RowVectorXd>(gradient.data() + at_.biases, by_output.cols()) =
            by_output.colwise().sum();
        const row_matrix by_mixed = by_output * decoder().transpose();
        const auto by_slots = through_experts(by_mixed, gradient);
        for (std::size_t b = 0; b < images(); ++b) {
            const std::span<const double> by_tokens(by_mixed.row(index(b)).data(), options_.width);
            const auto back =
                soft_moe_backward(layer_, tokens_of(b), passes_[b], by_tokens,
                                  [&](std::size_t e, std::span<const double>,
                                      std::span<const double>, std::span<double> by_inputs) {
                                      part(by_inputs.data(), 0) = part(by_slots[e].data(), b);
                                  });
            for (std::size_t i = 0; i < at_.scale; ++i) gradient[i] += back.by_slot_vectors[i];
            gradient[at_.scale] += back.by_scale;
        }
    }

    [[nodiscard]] expert_parts parts() const {
        expert_parts result;
        const auto biases = parameters_.subspan(at_.biases, options_.classes);
        result.biases.assign(biases.begin(), biases.end());
        for (const auto& pass : passes_) {
            const auto mass = combine_mass(pass.combine, options_.experts, options_.slots);
            result.mass.insert(result.mass.end(), mass.begin(), mass.end());
            for (std::size_t e = 0; e < options_.experts; ++e) {
                const auto alone = subset_output(layer_, pass, std::span(&e, 1));
                const Eigen::RowVectorXd added =
                    Eigen::Map<const Eigen::RowVectorXd>(alone.data(), index(options_.width)) *
                    decoder();
                result.added.insert(result.added.end(), added.begin(), added.end());
            }
        }
        return result;
    }

    [[nodiscard]] const std::vector<soft_moe_pass>& passes() const noexcept { return passes_; }

private:
    [[nodiscard]] std::size_t images() const { return tokens_.size() / options_.width; }
    [[nodiscard]] std::span<const double> tokens_of(std::size_t b) const {
        return std::span(tokens_).subspan(b * options_.width, options_.width);
    }
    [[nodiscard]] view decoder() const {
        return {parameters_.data() + at_.decoder, index(options_.width), index(options_.classes)};
    }
    [[nodiscard]] view combine_of(const soft_moe_pass& pass) const {
        return {pass.combine.data(), index(at_.tokens), index(at_.all_slots)};
    }
    /// Part i (p, d) of slots: expert i's of an image (n p, d), or image i's of an expert (B p, d).
    [[nodiscard]] view part(const double* slots, std::size_t i) const {
        return {slots + i * at_.slots * at_.token, index(at_.slots), index(at_.token)};
    }
    [[nodiscard]] block part(double* slots, std::size_t i) const {
        return {slots + i * at_.slots * at_.token, index(at_.slots), index(at_.token)};
    }

    /// dL/dslot_inputs (B p, d) of each expert; adds dL/dparameters of the experts.
    [[nodiscard]] std::vector<row_matrix> through_experts(const row_matrix& by_mixed,
                                                          std::span<double> gradient) const {
        std::vector<row_matrix> by_made(options_.experts,
                                        row_matrix(index(images() * at_.slots), index(at_.token)));
        for (std::size_t b = 0; b < images(); ++b) {
            const view by_tokens(by_mixed.row(index(b)).data(), index(at_.tokens),
                                 index(at_.token));
            const row_matrix by_outputs = combine_of(passes_[b]).transpose() * by_tokens;
            for (std::size_t e = 0; e < options_.experts; ++e)
                part(by_made[e].data(), b) = part(by_outputs.data(), e);
        }
        for (std::size_t e = 0; e < options_.experts; ++e)
            by_made[e] = at_.expert.backward(
                parameters_.subspan(at_.expert_at(e)), traces_[e], std::move(by_made[e]),
                gradient.subspan(at_.expert_at(e), at_.expert.parameters()), true);
        return by_made;
    }

    const soft_moe_network_options& options_;
    layout at_;
    std::size_t side_;
    std::span<const double> parameters_;
    soft_moe_layer layer_;
    std::vector<double> tokens_;  ///< (B, m, d)
    std::vector<soft_moe_pass> passes_;
    std::vector<perceptron_trace> traces_;  ///< of each expert on all images
    row_matrix mixed_;                      ///< (B, m d): the layer's outputs
};

network_pass result_of(const soft_passage& passed, const row_matrix& outputs,
                       const scored_outputs& scored, const soft_moe_network_options& options) {
    network_pass result;
    result.loss = scored.loss;
    result.right = scored.right;
    result.outputs.assign(outputs.data(), outputs.data() + outputs.size());
    result.loads.assign(options.experts, 0);
    double all = 0;
    for (const auto& pass : passed.passes()) {
        const auto mass = combine_mass(pass.combine, options.experts, options.slots);
        const auto most = std::max_element(mass.begin(), mass.end());
        result.choices.push_back(*most > 0 ? static_cast<std::uint32_t>(most - mass.begin())
                                           : no_expert);
        for (std::size_t e = 0; e < mass.size(); ++e) {
            result.loads[e] += mass[e];
            all += mass[e];
        }
    }
    if (all > 0)
        for (double& load : result.loads) load /= all;
    return result;
}

/// A passage stops at numbers that are not finite; to a trainer that is a loss that is none.
bool finite(const soft_moe_network_options& options, std::span<const double> parameters,
            std::span<const double> scores) {
    const auto is = [](double value) { return std::isfinite(value); };
    const auto slots = parameters.first(layout(options).experts);
    return std::all_of(slots.begin(), slots.end(), is) &&
           std::all_of(scores.begin(), scores.end(), is);
}

network_pass lost(const soft_moe_network_options& options, std::size_t examples) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    return {.loss = none,
            .loads = std::vector<double>(options.experts, none),
            .outputs = std::vector<double>(examples * options.classes, none),
            .choices = std::vector<std::uint32_t>(examples, no_expert)};
}

}  // namespace

soft_moe_network::soft_moe_network(soft_moe_network_options options)
    : options_(options), side_(checked_side(options)), parameters_(layout(options).end) {}

std::size_t soft_moe_network::tokens() const noexcept {
    return options_.width / (options_.patch * options_.patch);
}

std::vector<double> soft_moe_network::initial(std::uint64_t seed) const {
    const layout at(options_);
    auto parameters = initial_normals(seed, at.end);
    const auto spreads = at.expert.spreads();
    const double slot = 1 / std::sqrt(static_cast<double>(at.token));
    const double decoder = 1 / std::sqrt(static_cast<double>(options_.width));
    for (std::size_t i = 0; i < at.scale; ++i) parameters[i] *= slot;
    parameters[at.scale] = 1;
    for (std::size_t i = at.experts; i < at.decoder; ++i)
        parameters[i] *= spreads[(i - at.experts) % spreads.size()];
    for (std::size_t i = at.decoder; i < at.biases; ++i) parameters[i] *= decoder;
    for (std::size_t i = at.biases; i < at.end; ++i) parameters[i] = 0;
    for (double& value : parameters)
        value = static_cast<double>(static_cast<float>(value));  // the same on devices
    return parameters;
}

network_pass soft_moe_network::learn(std::span<const double> parameters,
                                     std::span<const double> scores, const example_batch& batch,
                                     batch_key, std::span<double> gradient) const {
    check_batch("soft_moe_network", *this, parameters, scores, batch);
    if (gradient.size() != parameters.size())
        throw invalid_argument("soft_moe_network",
                               fmt::format("a gradient of {} came", gradient.size()),
                               fmt::format("there are {} parameters", parameters.size()));
    if (!finite(options_, parameters, scores)) return lost(options_, batch.labels.size());
    soft_passage passed(*this, parameters, scores);
    passed.forward(batch.inputs);
    const auto outputs = passed.outputs();
    const auto scored = score(training_loss::cross_entropy, outputs, batch.labels);
    passed.backward(scored.by_output, gradient);
    return result_of(passed, outputs, scored, options_);
}

network_pass soft_moe_network::infer(std::span<const double> parameters,
                                     std::span<const double> scores,
                                     const example_batch& batch) const {
    check_batch("soft_moe_network", *this, parameters, scores, batch);
    if (!finite(options_, parameters, scores)) return lost(options_, batch.labels.size());
    soft_passage passed(*this, parameters, scores);
    passed.forward(batch.inputs);
    const auto outputs = passed.outputs();
    return result_of(passed, outputs, score(training_loss::cross_entropy, outputs, batch.labels),
                     options_);
}

expert_parts soft_moe_network::parts(std::span<const double> parameters,
                                     std::span<const double> scores,
                                     const example_batch& batch) const {
    check_batch("soft_moe_network", *this, parameters, scores, batch);
    soft_passage passed(*this, parameters, scores);
    passed.forward(batch.inputs);
    return passed.parts();
}

}  // namespace moebius
