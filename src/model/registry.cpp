// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/model/two_expert.hpp>

namespace moebius {
namespace {

template <ode_model M>
constexpr model_info entry(bool needs_tokens) {
    return {M::name, M::equation, M::parameters, needs_tokens, false};
}

model_info of_experts(std::string_view name, std::string_view equation, bool needs_tokens) {
    return {name, equation, expert_parameters(false), needs_tokens, true};
}

const std::array<model_info, 5>& known() {
    static const std::array<model_info, 5> all{
        entry<models::two_expert>(false), entry<models::token_response>(true),
        of_experts("softmax", "s_e' = feedback p_e - decay s_e + bias_e, p = softmax(beta s)",
                   false),
        of_experts("exact-k",
                   "s_e' = feedback p_e - decay s_e + bias_e, p_e = P(e in S)/k, "
                   "P(S) ~ exp(beta sum of s over S), |S| = k",
                   false),
        of_experts("token-softmax",
                   "s_e' = feedback p_e - decay s_e + bias_e, p = mean_t softmax(beta (l_t + s))",
                   true)};
    return all;
}

}  // namespace

std::span<const model_info> known_models() noexcept { return known(); }

const model_info& find_model(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& model : known()) {
        if (model.name == name) return model;
        names.push_back(model.name);
    }
    throw invalid_argument("model", fmt::format("'{}' is unknown", name),
                           fmt::format("a shipped model is needed{}", did_you_mean(name, names)));
}

problem make_problem(std::string_view name, const expert_options& options) {
    if (find_model(name).needs_tokens)
        throw invalid_argument("make_problem", fmt::format("'{}' came without tokens", name),
                               "its response is a mean over tokens");
    if (name == "softmax")
        return make_expert_problem(softmax_loads(options.experts), options.controlled);
    if (name == "exact-k")
        return make_expert_problem(exact_k_loads(options.experts, options.top_k),
                                   options.controlled);
    if (name == models::two_expert::name) return problem_of<models::two_expert>();
    throw invalid_argument("make_problem", fmt::format("'{}' came", name),
                           "it is listed, and nothing here makes it");
}

problem make_token_softmax(std::vector<double> logits, const expert_options& options) {
    return make_expert_problem(token_softmax_loads(std::move(logits), options.experts),
                               options.controlled);
}

problem make_expert_problem(std::shared_ptr<const load_response> loads, bool controlled) {
    if (controlled) return with_defaults(controlled_feedback(std::move(loads)));
    return with_defaults(expert_feedback(std::move(loads)));
}

}  // namespace moebius
