// SPDX-License-Identifier: MIT
#include "request.hpp"

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/tokens/gate.hpp>

namespace moebius::web {
namespace {

gated_tokens& kept() {
    static gated_tokens tokens;
    return tokens;
}

const gated_tokens& kept_for(std::string_view model) {
    if (kept().logits.empty())
        throw invalid_argument("model", std::string(model) + " came", "its tokens come first");
    return kept();
}

std::shared_ptr<const token_source> kept_source(std::string_view model) {
    const auto& tokens = kept_for(model);
    return stored_tokens(tokens.logits, tokens.experts);
}

problem made_of(const std::string& name, const expert_options& options) {
    const auto& info = find_model(name);
    if (!info.needs_tokens) return make_problem(name, options);
    if (info.many_experts) return make_token_softmax(kept_for(name).logits, options);
    return make_token_response(kept_source(name)->law(noise_law::gumbel), options.controlled);
}

json list_of(std::span<const parameter_info> parameters) {
    json out = json::array();
    for (const auto& info : parameters) {
        json one{{"name", info.name},
                 {"symbol", info.symbol},
                 {"meaning", info.meaning},
                 {"value", info.value}};
        if (std::isfinite(info.above)) one["above"] = info.above;
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace

problem problem_from(const json& request) {
    const auto name = request.at("model").get<std::string>();
    expert_options options;
    options.experts = request.value("experts", options.experts);
    options.top_k = request.value("top_k", options.top_k);
    options.controlled = request.value("controlled", options.controlled);
    if (const auto& info = find_model(name); info.many_experts && info.needs_tokens)
        options.experts = kept_for(name).experts;
    auto made = made_of(name, options);
    const json set = request.value("parameters", json::object());  // lives through the loop
    for (const auto& [parameter, value] : set.items()) made.set(parameter, value.get<double>());
    return made;
}

bool has_scores(const json& request) {
    return find_model(request.at("model").get<std::string>()).many_experts;
}

json take_tokens(const json& request) {
    token_table table;
    table.columns = request.at("columns").get<std::size_t>();
    table.values = request.at("values").get<std::vector<double>>();
    if (table.columns == 0 || table.values.empty() || table.values.size() % table.columns != 0)
        throw invalid_argument("tokens", std::to_string(table.values.size()) + " numbers came",
                               "they must fill rows of " + std::to_string(table.columns));
    table.rows = table.values.size() / table.columns;
    gate_options gate;
    gate.gate = request.value("gate", gate.gate);
    kept() = apply_gate(std::move(table), gate);
    return {{"tokens", kept().logits.size() / kept().experts},
            {"experts", kept().experts},
            {"logits", kept().logits}};
}

std::shared_ptr<const token_source> source_of(const json& request, const problem& at) {
    const auto name = request.at("model").get<std::string>();
    return find_model(name).needs_tokens ? kept_source(name) : no_tokens(at.model->experts());
}

json models() {
    json out = json::array();
    for (const auto& model : known_models())
        out.push_back({{"name", model.name},
                       {"equation", model.equation},
                       {"needs_tokens", model.needs_tokens},
                       {"many_experts", model.many_experts},
                       {"parameters", list_of(model.parameters)}});
    const auto controller = expert_parameters(true).subspan(expert_parameters(false).size());
    return {{"models", std::move(out)}, {"controller", list_of(controller)}};
}

}  // namespace moebius::web
