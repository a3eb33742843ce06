// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/model/controlled_gap.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/model/two_expert.hpp>

namespace moebius {
namespace {

/// A shipped model: how a user finds it, and how it is made; null if it needs tokens.
struct entry {
    model_info info;
    problem (*make)(const expert_options&);
};

template <ode_model M>
constexpr entry of_two(bool needs_tokens) {
    return {{M::name, M::equation, M::parameters, needs_tokens, false}, nullptr};
}

template <ode_model M>
problem of_gap(M model, bool controlled) {
    if (controlled) return problem_of(models::controlled_gap<M>(std::move(model)));
    return problem_of(std::move(model));
}

template <ode_model M>
constexpr entry of_two() {
    auto made = of_two<M>(false);
    made.make = [](const expert_options& options) { return of_gap(M{}, options.controlled); };
    return made;
}

entry of_experts(std::string_view name, std::string_view equation,
                 problem (*make)(const expert_options&)) {
    return {{name, equation, expert_parameters(false), make == nullptr, true}, make};
}

const auto& entries() {
    static const std::array all{
        of_two<models::two_expert>(), of_two<models::token_response>(true),
        of_experts("softmax", "s_e' = feedback p_e - decay s_e + bias_e, p = softmax(beta s)",
                   [](const expert_options& options) {
                       return make_expert_problem(softmax_loads(options.experts),
                                                  options.controlled);
                   }),
        of_experts("exact-k",
                   "s_e' = feedback p_e - decay s_e + bias_e, p_e = P(e in S)/k, "
                   "P(S) ~ exp(beta sum of s over S), |S| = k",
                   [](const expert_options& options) {
                       return make_expert_problem(exact_k_loads(options.experts, options.top_k),
                                                  options.controlled);
                   }),
        of_experts("token-softmax",
                   "s_e' = feedback p_e - decay s_e + bias_e, p = mean_t softmax(beta (l_t + s))",
                   nullptr)};
    return all;
}

const entry& find_entry(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& one : entries()) {
        if (one.info.name == name) return one;
        names.push_back(one.info.name);
    }
    throw invalid_argument("model", fmt::format("'{}' is unknown", name),
                           fmt::format("a shipped model is needed{}", did_you_mean(name, names)));
}

}  // namespace

std::span<const model_info> known_models() {
    static const auto infos = [] {
        std::vector<model_info> all;
        for (const auto& one : entries()) all.push_back(one.info);
        return all;
    }();
    return infos;
}

const model_info& find_model(std::string_view name) { return find_entry(name).info; }

problem make_problem(std::string_view name, const expert_options& options) {
    const auto& found = find_entry(name);
    if (found.make == nullptr)
        throw invalid_argument("make_problem", fmt::format("'{}' came without tokens", name),
                               "its response is a mean over tokens");
    constexpr std::size_t most = std::size_t{1} << 20;  // more would be no model, but a full memory
    if (found.info.many_experts && options.experts > most)
        throw invalid_argument(name, fmt::format("{} experts came", options.experts),
                               fmt::format("a model takes up to {}", most));
    return found.make(options);
}

problem make_token_response(margin_law law, bool controlled) {
    return of_gap(models::token_response(std::move(law)), controlled);
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
