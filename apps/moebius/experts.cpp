// SPDX-License-Identifier: MIT
#include "experts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/worded_choice.hpp>
#include <moebius/simulate/controller_choice.hpp>

namespace moebius::cli {
namespace {

void refuse(bool given, std::string_view option, std::string_view model) {
    if (given)
        throw invalid_argument(option, fmt::format("it came for {}", model),
                               "that model does not take it; see 'moebius models'");
}

}  // namespace

void add_to(option_table& table, expert_arguments& experts) {
    const expert_options defaults;
    table.add("experts", experts.experts, "number of experts N",
              {.shown = experts.shown.empty() ? std::to_string(defaults.experts) : experts.shown});
    table.add("top_k", experts.top_k, "experts that a token goes to (exact-k)",
              {.shown = std::to_string(defaults.top_k)});
    if (!experts.controllable) return;
    table.add("controller", experts.controller,
              "load balancing, NAME or NAME,key=value,...: none; integral with gain and leak; and, "
              "simulated, sign, centred-sign, loss-free, deepseek-v3 or torchtitan with gain",
              {.shown = "none"});
}

bool expert_arguments::controlled() const {
    if (controller.empty()) return false;
    const auto name = chosen_name(controller);
    const bool told = name == to_string(control_law::integral);
    const auto law = told ? control_law::integral : controller_from(controller).law;
    if (law == control_law::sign || law == control_law::centred_sign)
        throw invalid_argument("--controller", fmt::format("{} came", name),
                               "an equation has the integral law alone; 'moebius simulate' has "
                               "the signs");
    return law == control_law::integral;
}

std::vector<std::string> expert_arguments::controller_sets() const {
    if (!controlled()) return {};
    auto sets = chosen_options(controller);
    const auto told = [](const std::string& word) { return word.starts_with("gain="); };
    const bool whole = std::any_of(sets.begin(), sets.end(), told);
    (void)controller_from(whole ? controller : controller + ",gain=0");
    return sets;
}

expert_options expert_arguments::apply(std::string_view model, std::size_t experts_of_tokens,
                                       result_heading& heading) const {
    const auto& info = find_model(model);
    refuse(experts.has_value() && (!info.many_experts || info.needs_tokens), "--experts", model);
    refuse(top_k.has_value() && model != "exact-k", "--top-k", model);
    expert_options options;
    options.controlled = controlled();
    if (options.controlled)
        heading.options.emplace_back("controller", std::string(chosen_name(controller)));
    if (!info.many_experts) return options;
    options.experts = info.needs_tokens ? experts_of_tokens : experts.value_or(options.experts);
    options.top_k = top_k.value_or(options.top_k);
    if (!info.needs_tokens)
        heading.options.emplace_back("experts", static_cast<double>(options.experts));
    if (model == "exact-k")
        heading.options.emplace_back("top_k", static_cast<double>(options.top_k));
    return options;
}

}  // namespace moebius::cli
