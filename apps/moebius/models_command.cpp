// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <moebius/io/atomic_file.hpp>
#include <moebius/model/registry.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"

namespace moebius::cli {
namespace {

using json = nlohmann::ordered_json;

std::string as_json() {
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
                          {"parameters", std::move(parameters)}});
    }
    return json{{"schema", "moebius.models/1"}, {"models", std::move(models)}}.dump(2) + '\n';
}

std::string as_text() {
    std::string out;
    for (const auto& model : known_models()) {
        out += fmt::format("{}{}\n  {}\n", model.name,
                           model.needs_tokens ? " (needs --tokens)" : "", model.equation);
        for (const auto& info : model.parameters)
            out += fmt::format("  {:10} {}  {}; default {}{}\n", info.name, info.symbol,
                               info.meaning, info.value,
                               std::isfinite(info.above) ? fmt::format(", > {}", info.above) : "");
    }
    return out;
}

}  // namespace

void add_models(CLI::App& app, const session&) {
    auto* sub = app.add_subcommand("models", "List the models, their equations and parameters");
    auto format = std::make_shared<std::string>("text");
    sub->add_option("--format", *format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    sub->footer("Example: moebius models --format json");
    sub->callback([format] { write_standard_output(*format == "json" ? as_json() : as_text()); });
}

}  // namespace moebius::cli
