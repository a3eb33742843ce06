// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/registry.hpp>
#include <nlohmann/json.hpp>
#include <span>

#include "commands.hpp"

namespace moebius::cli {
namespace {

using json = nlohmann::ordered_json;

std::string models_as_json() {
    json models = json::array();
    for (const auto& model : known_models()) {
        json parameters = json::array();
        for (const auto& info : model.parameters) {
            json one{{"name", info.name},
                     {"symbol", info.symbol},
                     {"meaning", info.meaning},
                     {"default", info.value}};
            if (std::isfinite(info.above)) one["above"] = info.above;
            parameters.push_back(std::move(one));
        }
        models.push_back({{"name", model.name},
                          {"equation", model.equation},
                          {"needs_tokens", model.needs_tokens},
                          {"many_experts", model.many_experts},
                          {"parameters", std::move(parameters)}});
    }
    return json{{"schema", "moebius.models/1"}, {"models", std::move(models)}}.dump(2) + '\n';
}

void append(std::span<const parameter_info> parameters, std::string& out) {
    for (const auto& info : parameters)
        out += fmt::format("  {:10} {}  {}; default {}{}\n", info.name, info.symbol, info.meaning,
                           info.value,
                           std::isfinite(info.above) ? fmt::format(", > {}", info.above) : "");
}

std::string models_as_text() {
    std::string out;
    for (const auto& model : known_models()) {
        out += fmt::format(
            "{}{}{}\n  {}\n", model.name, model.needs_tokens ? " (needs --tokens)" : "",
            model.many_experts && !model.needs_tokens ? " (takes --experts)" : "", model.equation);
        append(model.parameters, out);
        if (model.many_experts)
            out += "  bias_1 ...     external asymmetry in the drift of each expert; default 0\n";
    }
    out +=
        "With --controller integral\n"
        "  many experts: p = p(z + b), s = z, b_e' = -gain (p_e - 1/N) - leak b_e - decay mean b\n"
        "  two experts:  m = m(z + b), x = z, b' = -gain m - leak b\n";
    append(expert_parameters(true).subspan(expert_parameters(false).size()), out);
    return out;
}

}  // namespace

command models_command() {
    command out{"models", "List the models, their equations and parameters",
                "moebius models --format json"};
    auto format = std::make_shared<std::string>("text");
    out.options.add("format", *format, "text or json", {.choices = {"text", "json"}});
    out.run = [format](const session&) {
        print(*format == "json" ? models_as_json() : models_as_text());
        return exit_code::found;
    };
    return out;
}

}  // namespace moebius::cli
