// SPDX-License-Identifier: MIT
#include "experts.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>

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
    table.add("controller", experts.controller, "load balancing: none or integral",
              {.choices = {"none", "integral"}, .shown = "none"});
}

expert_options expert_arguments::apply(std::string_view model, std::size_t experts_of_tokens,
                                       result_heading& heading) const {
    const auto& info = find_model(model);
    refuse(experts.has_value() && (!info.many_experts || info.needs_tokens), "--experts", model);
    refuse(top_k.has_value() && model != "exact-k", "--top-k", model);
    expert_options options;
    options.controlled = controller == "integral";
    if (options.controlled) heading.options.emplace_back("controller", controller);
    if (!info.many_experts) return options;
    options.experts = info.needs_tokens ? experts_of_tokens : experts.value_or(options.experts);
    constexpr std::size_t most = std::size_t{1} << 20;
    if (options.experts > most)
        throw invalid_argument("--experts", fmt::format("{} came", options.experts),
                               fmt::format("a model takes up to {}", most));
    options.top_k = top_k.value_or(options.top_k);
    if (!info.needs_tokens)
        heading.options.emplace_back("experts", static_cast<double>(options.experts));
    if (model == "exact-k")
        heading.options.emplace_back("top_k", static_cast<double>(options.top_k));
    return options;
}

}  // namespace moebius::cli
