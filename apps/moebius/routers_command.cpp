// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <moebius/io/atomic_file.hpp>
#include <moebius/router/noise.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"

namespace moebius::cli {
namespace {

constexpr std::string_view meaning =
    "each token goes to the expert with the largest beta (logit + score) + noise";

std::string as_json() {
    const nlohmann::ordered_json top1{
        {"name", "top-1"}, {"meaning", meaning}, {"noise", noise_names()}};
    return nlohmann::ordered_json{{"schema", "moebius.routers/1"},
                                  {"routers", nlohmann::ordered_json::array({top1})}}
               .dump(2) +
           '\n';
}

std::string as_text() {
    return fmt::format("top-1\n  {}\n  --noise  {}\n", meaning, fmt::join(noise_names(), ", "));
}

}  // namespace

void add_routers(CLI::App& app, const session&) {
    auto* sub = app.add_subcommand("routers", "List the routers and their noise laws");
    auto format = std::make_shared<std::string>("text");
    sub->add_option("--format", *format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    sub->footer("Example: moebius routers");
    sub->callback([format] { write_standard_output(*format == "json" ? as_json() : as_text()); });
}

}  // namespace moebius::cli
