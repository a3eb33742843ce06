// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <moebius/router/noise.hpp>
#include <moebius/router/registry.hpp>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "commands.hpp"

namespace moebius::cli {
namespace {

std::string routers_as_json() {
    auto routers = nlohmann::ordered_json::array();
    for (const auto& router : known_routers()) {
        auto options = nlohmann::ordered_json::array();
        for (const auto& option : router.options)
            options.push_back(
                {{"name", option.name}, {"meaning", option.meaning}, {"default", option.value}});
        routers.push_back(
            {{"name", router.name}, {"meaning", router.meaning}, {"options", options}});
    }
    return nlohmann::ordered_json{
               {"schema", "moebius.routers/2"}, {"noise", noise_names()}, {"routers", routers}}
               .dump(2) +
           '\n';
}

std::string routers_as_text() {
    std::string out;
    for (const auto& router : known_routers()) {
        out += fmt::format("{}\n  {}\n", router.name, router.meaning);
        for (const auto& option : router.options)
            out += fmt::format("  {:<12} {} [{}]\n", option.name, option.meaning, option.value);
        out += '\n';
    }
    std::vector<std::string_view> noisy;
    for (const auto& router : known_routers())
        if (router.adds_noise) noisy.push_back(router.name);
    return out + fmt::format("--router NAME,key=value,...; --noise {} for {}\n",
                             fmt::join(noise_names(), ", "), fmt::join(noisy, ", "));
}

}  // namespace

command routers_command() {
    command out{"routers", "List the routers, their options and noise laws", "moebius routers"};
    auto format = std::make_shared<std::string>("text");
    out.options.add("format", *format, "text or json", {.choices = {"text", "json"}});
    out.run = [format](const session&) {
        print(*format == "json" ? routers_as_json() : routers_as_text());
        return exit_code::found;
    };
    return out;
}

}  // namespace moebius::cli
