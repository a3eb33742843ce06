// SPDX-License-Identifier: MIT
#include "moe_layer.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/checked_size.hpp>
#include <moebius/router/balance.hpp>
#include <string_view>
#include <utility>

namespace moebius {
namespace {

std::vector<std::size_t> widths_of(const moe_options& options, std::size_t outputs) {
    std::vector<std::size_t> widths{options.width};
    widths.insert(widths.end(), options.hidden.begin(), options.hidden.end());
    widths.push_back(outputs);
    return widths;
}

/// M (B, d): how each example's cluster weighs the features.
row_matrix cluster_scales(const row_matrix& inputs, std::span<const std::uint32_t> clusters,
                          std::size_t experts, const clustering_options& options) {
    const auto width = static_cast<std::size_t>(inputs.cols());
    const std::span<const double> values(inputs.data(), static_cast<std::size_t>(inputs.size()));
    const auto weights = dispersion_weights(values, width, clusters, experts, options);
    const auto scales = token_scales(weights, width, clusters);
    return Eigen::Map<const row_matrix>(scales.data(), inputs.rows(), inputs.cols());
}

}  // namespace

moe_layer::moe_layer(const moe_options& options, std::size_t outputs, const router& routing,
                     const watch* heeded)
    : options_(options),
      routing_(routing),
      expert_(widths_of(options, outputs), options.between, heeded) {
    constexpr std::string_view who = "parameters of a layer";
    gate_size_ = checked_product(who, {options.width + 1, options.experts});
    parameters_ = checked_sum(
        who, {gate_size_, checked_product(who, {options.experts, expert_.parameters()})});
}

void moe_layer::initial(std::span<double> parameters, std::span<const double> normals) const {
    const std::size_t weights = options_.width * options_.experts;
    const double spread = 1 / std::sqrt(static_cast<double>(options_.width));
    for (std::size_t i = 0; i < weights; ++i) parameters[i] = spread * normals[i];
    for (std::size_t e = 0; e < options_.experts; ++e)
        parameters[weights + e] = e == 0 ? options_.gate_bias : 0;
    const auto spreads = expert_.spreads();
    for (std::size_t i = gate_size(); i < parameters.size(); ++i)
        parameters[i] = spreads[(i - gate_size()) % spreads.size()] * normals[i];
}

router_batch moe_layer::batch_of(const layer_pass& pass, std::span<const double> scores,
                                 const batch_key& key) const {
    return {options_.experts, pass.logits, scores, key};
}

layer_pass moe_layer::forward(std::span<const double> parameters, std::span<const double> scores,
                              row_matrix inputs, std::span<const std::uint32_t> clusters,
                              const std::optional<batch_key>& key) const {
    const std::size_t experts = options_.experts;
    layer_pass pass;
    pass.inputs = std::move(inputs);
    pass.gate_inputs = pass.expert_inputs = pass.inputs;
    if (!clusters.empty()) {
        pass.scales = cluster_scales(pass.inputs, clusters, experts, *options_.clustering);
        pass.gate_inputs = pass.inputs.cwiseProduct(pass.scales);
        if (options_.clustering->experts_scaled) pass.expert_inputs = pass.gate_inputs;
    }
    const Eigen::Index rows = pass.inputs.rows(), width = index(options_.width);
    pass.logits.resize(static_cast<std::size_t>(rows) * experts);
    Eigen::Map<row_matrix> logits(pass.logits.data(), rows, index(experts));
    logits.noalias() =
        pass.gate_inputs * Eigen::Map<const row_matrix>(parameters.data(), width, index(experts));
    logits.rowwise() += Eigen::Map<const Eigen::RowVectorXd>(
        parameters.data() + options_.width * experts, index(experts));

    const auto batch = batch_of(pass, scores, key.value_or(batch_key{}));
    pass.routed = key ? routing_.route(batch) : routing_.infer(batch);
    run_experts(parameters, pass);
    return pass;
}

/// The experts on what was routed to them, and the sum of what they make by weight.
void moe_layer::run_experts(std::span<const double> parameters, layer_pass& pass) const {
    const std::size_t experts = options_.experts;
    const Eigen::Index rows = pass.inputs.rows();
    pass.output = row_matrix::Zero(rows, index(expert_.outputs()));
    pass.members.resize(experts);
    pass.made.resize(experts);
    pass.traces.resize(experts);
    for (std::size_t e = 0; e < experts; ++e) {
        auto& members = pass.members[e];
        for (Eigen::Index t = 0; t < rows; ++t)
            if (pass.routed.chosen[static_cast<std::size_t>(t) * experts + e]) members.push_back(t);
        if (members.empty()) continue;
        pass.made[e] = expert_.forward(parameters.subspan(gate_size() + e * expert_.parameters()),
                                       pass.expert_inputs(members, Eigen::all), pass.traces[e]);
        for (Eigen::Index i = 0; i < pass.made[e].rows(); ++i) {
            const auto t = members[static_cast<std::size_t>(i)];
            pass.output.row(t) += pass.routed.weights[static_cast<std::size_t>(t) * experts + e] *
                                  pass.made[e].row(i);
        }
    }
}

double moe_layer::balance(const layer_pass& pass, std::span<const double> scores,
                          std::span<double> by_logits) const {
    const auto& terms = options_.balance;
    if (terms.switch_loss == 0 && terms.importance == 0 && terms.z_loss == 0) return 0;
    const double beta = options_.router.beta;
    const auto z = scale(batch_of(pass, scores, {}), beta).z;
    double sum = 0;
    const auto add = [&](double weight, const loss_gradient& term) {
        sum += weight * term.loss;
        for (std::size_t i = 0; i < by_logits.size(); ++i)
            by_logits[i] += weight * beta * term.by_logits[i];
    };
    if (terms.switch_loss != 0) add(terms.switch_loss, switch_loss(z, pass.routed.load));
    if (terms.importance != 0) add(terms.importance, importance_loss(z, options_.experts));
    if (terms.z_loss != 0) add(terms.z_loss, z_loss(z, options_.experts));
    return sum;
}

row_matrix moe_layer::backward(std::span<const double> parameters, std::span<const double> scores,
                               const batch_key& key, const layer_pass& pass,
                               const row_matrix& by_output, std::span<double> gradient,
                               bool inputs_wanted) const {
    std::fill(gradient.begin(), gradient.end(), 0.0);
    row_matrix by_inputs;
    if (inputs_wanted) by_inputs = row_matrix::Zero(pass.inputs.rows(), pass.inputs.cols());
    std::vector<double> by_logits(pass.logits.size());
    const auto by_weights = experts_backward(parameters, pass, by_output, gradient, by_inputs);
    routing_.backward(batch_of(pass, scores, key), pass.routed, by_weights, by_logits);
    balance(pass, scores, by_logits);
    gate_backward(parameters, pass, by_logits, gradient, by_inputs);
    return by_inputs;
}

/// @param by_inputs  grows by what goes through the experts; empty: it is not wanted
/// @return (T, E): by the weights of the outputs
std::vector<double> moe_layer::experts_backward(std::span<const double> parameters,
                                                const layer_pass& pass, const row_matrix& by_output,
                                                std::span<double> gradient,
                                                row_matrix& by_inputs) const {
    const std::size_t experts = options_.experts;
    const bool inputs_wanted = by_inputs.size() > 0;
    const bool scaled = pass.scales.size() > 0 && options_.clustering->experts_scaled;
    std::vector<double> by_weights(pass.logits.size(), 0.0);
    for (std::size_t e = 0; e < experts; ++e) {
        const auto& members = pass.members[e];
        if (members.empty()) continue;
        row_matrix by_made = by_output(members, Eigen::all);
        for (Eigen::Index i = 0; i < by_made.rows(); ++i) {
            const auto at =
                static_cast<std::size_t>(members[static_cast<std::size_t>(i)]) * experts + e;
            by_weights[at] = by_made.row(i).dot(pass.made[e].row(i));
            by_made.row(i) *= pass.routed.weights[at];
        }
        const std::size_t from = gate_size() + e * expert_.parameters();
        const auto back =
            expert_.backward(parameters.subspan(from), pass.traces[e], std::move(by_made),
                             gradient.subspan(from, expert_.parameters()), inputs_wanted);
        if (!inputs_wanted) continue;
        for (Eigen::Index i = 0; i < back.rows(); ++i) {
            const auto t = members[static_cast<std::size_t>(i)];
            if (scaled)
                by_inputs.row(t) += back.row(i).cwiseProduct(pass.scales.row(t));
            else
                by_inputs.row(t) += back.row(i);
        }
    }
    return by_weights;
}

/// @param by_inputs  grows by what goes through the gate; empty: it is not wanted
void moe_layer::gate_backward(std::span<const double> parameters, const layer_pass& pass,
                              std::span<const double> by_logits, std::span<double> gradient,
                              row_matrix& by_inputs) const {
    const std::size_t experts = options_.experts;
    const Eigen::Index rows = pass.inputs.rows(), width = index(options_.width);
    const Eigen::Map<const row_matrix> by_z(by_logits.data(), rows, index(experts));
    Eigen::Map<row_matrix>(gradient.data(), width, index(experts)).noalias() =
        pass.gate_inputs.transpose() * by_z;
    Eigen::Map<Eigen::RowVectorXd>(gradient.data() + options_.width * experts, index(experts)) =
        by_z.colwise().sum();
    if (by_inputs.size() == 0) return;
    const row_matrix by_gate =
        by_z * Eigen::Map<const row_matrix>(parameters.data(), width, index(experts)).transpose();
    if (pass.scales.size() > 0)
        by_inputs += by_gate.cwiseProduct(pass.scales);
    else
        by_inputs += by_gate;
}

std::vector<std::uint32_t> first_choices(const router_outcome& routed, std::size_t experts) {
    std::vector<std::uint32_t> first(routed.chosen.size() / experts, no_expert);
    for (std::size_t t = 0; t < first.size(); ++t)
        for (std::size_t e = 0; e < experts; ++e) {
            const std::size_t at = t * experts + e;
            if (routed.chosen[at] && (first[t] == no_expert ||
                                      routed.weights[at] > routed.weights[t * experts + first[t]]))
                first[t] = static_cast<std::uint32_t>(e);
        }
    return first;
}

}  // namespace moebius
