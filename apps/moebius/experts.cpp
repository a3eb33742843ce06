// SPDX-License-Identifier: MIT
#include "experts.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>

#include "counts.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

std::optional<std::size_t> count_of(const result_heading& heading, std::string_view name) {
    for (const auto& [key, value] : heading.options)
        if (const auto* number = std::get_if<double>(&value); number != nullptr && key == name)
            return static_cast<std::size_t>(*number);
    return std::nullopt;
}

void refuse(bool given, std::string_view option, std::string_view model) {
    if (given)
        throw invalid_argument(option, fmt::format("it came for {}", model),
                               "that model does not take it; see 'moebius models'");
}

}  // namespace

void expert_arguments::add_to(CLI::App& sub) {
    const expert_options defaults;
    add_count(sub, "--experts", experts, "number of experts N")
        ->default_str(std::to_string(defaults.experts));
    add_count(sub, "--top-k", top_k, "experts that a token goes to (exact-k)")
        ->default_str(std::to_string(defaults.top_k));
    sub.add_option("--controller", controller, "load balancing: none or integral")
        ->check(CLI::IsMember({"none", "integral"}))
        ->default_str("none");
}

void expert_arguments::inherit(const result_heading& heading) {
    if (!experts) experts = count_of(heading, "experts");
    if (!top_k) top_k = count_of(heading, "top_k");
    if (controller.empty()) controller = word_of(heading, "controller", "");
}

expert_options expert_arguments::apply(std::string_view model, std::size_t experts_of_tokens,
                                       result_heading& heading) const {
    const auto& info = find_model(model);
    refuse(experts.has_value() && (!info.many_experts || info.needs_tokens), "--experts", model);
    refuse(top_k.has_value() && model != "exact-k", "--top-k", model);
    refuse(controller == "integral" && !info.many_experts, "--controller", model);
    expert_options options;
    if (!info.many_experts) return options;
    options.experts = info.needs_tokens ? experts_of_tokens : experts.value_or(options.experts);
    constexpr std::size_t most = std::size_t{1} << 20;
    if (options.experts > most)
        throw invalid_argument("--experts", fmt::format("{} came", options.experts),
                               fmt::format("a model takes up to {}", most));
    options.top_k = top_k.value_or(options.top_k);
    options.controlled = controller == "integral";
    if (!info.needs_tokens)
        heading.options.emplace_back("experts", static_cast<double>(options.experts));
    if (model == "exact-k")
        heading.options.emplace_back("top_k", static_cast<double>(options.top_k));
    if (options.controlled) heading.options.emplace_back("controller", controller);
    return options;
}

}  // namespace moebius::cli
