// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <moebius/base/text.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "json_numbers.hpp"
#include "log_builder.hpp"

namespace moebius {
namespace {

using nlohmann::json;

std::string word_of(const json& config, std::initializer_list<const char*> names) {
    for (const auto* name : names)
        if (const auto found = config.find(name); found != config.end() && found->is_string())
            return found->get<std::string>();
    return {};
}

/// The rule of a name, which may be that of a published one or have settings behind it; what is not
/// known stays as it is. Less their mean biases choose the same.
std::string rule_of(const std::string& name) {
    constexpr std::pair<std::string_view, std::string_view> rules[] = {
        {"none", "none"},          {"aux", "aux"},           {"aux-loss", "aux"},
        {"sign", "sign"},          {"centred-sign", "sign"}, {"loss-free", "sign"},
        {"aux-loss-free", "sign"}, {"deepseek-v3", "sign"},  {"torchtitan", "sign"},
        {"integral", "integral"},  {"feedback", "feedback"},
    };
    std::string plain = name.substr(0, name.find(','));
    for (char& c : plain)
        c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto* const found = std::find_if(std::begin(rules), std::end(rules),
                                           [&](const auto& one) { return one.first == plain; });
    return found == std::end(rules) ? name : std::string(found->second);
}

/// Settings of the rule that are texts, where a number is needed.
std::vector<std::string> texts_for_numbers(const json& config, const std::string& place) {
    std::vector<std::string> said;
    for (const auto* name : {"eta", "decay", "beta", "feedback", "feedback_end", "top_k", "topk",
                             "bias_rate", "bias_gamma", "bias_leak"})
        if (const auto found = config.find(name); found != config.end() && found->is_string())
            said.push_back(
                fmt::format("{}: it says that {} is '{}', which is no number, and was "
                            "left out",
                            place, name, excerpt(found->get<std::string>())));
    return said;
}

/// What moves the scores, else the gate; of a run that says at least one of them.
std::string balancer_of(const json& config, const std::string& place) {
    if (auto said = word_of(config, {"balancer", "controller"}); !said.empty())
        return rule_of(said);
    const auto on = [&](std::initializer_list<const char*> names) {
        return number_member(config, names, place).value_or(0) != 0;
    };
    if (on({"feedback_end", "feedback"})) return "feedback";
    if (on({"sign", "moe_router_bias_update_rate", "bias_rate"})) return "sign";
    if (on({"integral", "gain"})) return "integral";
    if (on({"aux", "moe_aux_loss_coeff", "router_aux_loss_coef", "aux_coef"})) return "aux";
    return config.contains("aux") || config.contains("sign") ? "none" : "";
}

void keep(std::optional<double>& to, std::optional<double> found) {
    if (found) to = found;
}

}  // namespace

std::vector<std::string> read_config(std::string_view text, const std::string& place,
                                     log_head& to) {
    json config;
    try {
        config = json::parse(text);
    } catch (const json::exception&) {
        throw io_error(place, "the config is no JSON text, but one is needed");
    }
    if (!config.is_object()) throw io_error(place, "the config is no JSON object");
    const auto number = [&](std::initializer_list<const char*> names) {
        return number_member(config, names, place);
    };
    keep(to.top_k, number({"top_k", "topk", "moe_router_topk", "num_experts_per_tok"}));
    keep(to.tokens, number({"tokens", "tokens_per_step"}));
    keep(to.said_experts, number({"experts", "num_experts", "n_experts", "num_moe_experts",
                                  "num_local_experts", "n_routed_experts"}));
    const auto batch = number({"batch"}), length = number({"length"});
    if (!to.tokens && batch && length) to.tokens = *batch * *length;
    keep(to.rate, number({"eta"}));
    keep(to.feedback, number({"feedback_end", "feedback"}));
    keep(to.decay, number({"decay"}));
    keep(to.beta, number({"beta"}));
    keep(to.bias_rate, number({"bias_rate", "sign", "moe_router_bias_update_rate", "bias_gamma"}));
    to.bias_leak = number({"bias_leak"}).value_or(to.bias_leak);
    if (auto gate = word_of(config, {"gate", "score_func", "moe_router_score_function"});
        !gate.empty())
        to.gate = gate;
    if (auto balancer = balancer_of(config, place); !balancer.empty()) to.balancer = balancer;
    return texts_for_numbers(config, place);
}

}  // namespace moebius
