// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/base/worded_choice.hpp>
#include <moebius/simulate/controller_choice.hpp>
#include <vector>

namespace moebius {
namespace {

constexpr std::string_view where = "controller";

constexpr controller_info known[] = {
    {"none", "no controller", control_law::none, 0},
    {"integral", "b_e' = -gain (n_e - 1/N) - leak b_e", control_law::integral, std::nullopt},
    {"sign", "b_e falls by gain a batch where n_e > 1/N, else rises", control_law::sign,
     std::nullopt},
    {"centred-sign", "sign, less the mean over experts", control_law::centred_sign, std::nullopt},
    {"loss-free", "sign as published, gain 0.001", control_law::sign, 1e-3},
    {"deepseek-v3", "sign as published, gain 0.001", control_law::sign, 1e-3},
    {"torchtitan", "centred-sign as shipped, gain 0.001", control_law::centred_sign, 1e-3},
};

const controller_info& find_controller(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& one : known) {
        if (one.name == name) return one;
        names.push_back(one.name);
    }
    throw invalid_argument(where, fmt::format("'{}' is unknown", name),
                           fmt::format("one of these is needed{}", did_you_mean(name, names)));
}

void read(const std::pair<std::string, std::string>& setting, const controller_info& info,
          load_controller& to) {
    const auto& [key, value] = setting;
    const bool leaks = info.law == control_law::integral;
    if (info.law == control_law::none || (key != "gain" && !(leaks && key == "leak")))
        throw invalid_argument(where, fmt::format("{} came for {}", key, info.name),
                               info.law == control_law::none ? "it takes nothing"
                               : leaks                       ? "it takes gain and leak"
                               : info.gain                   ? "it has its published gain"
                                                             : "it takes gain");
    (key == "gain" ? to.gain : to.leak) = parse_number(fmt::format("controller {}", key), value);
}

}  // namespace

std::span<const controller_info> known_controllers() { return known; }

load_controller controller_from(std::string_view text) {
    const auto& info = find_controller(chosen_name(text));
    const auto settings = chosen_settings(text, where);
    const bool said = std::any_of(settings.begin(), settings.end(),
                                  [](const auto& setting) { return setting.first == "gain"; });
    if (!said && !info.gain)
        throw invalid_argument(where, fmt::format("{} came without a gain", info.name),
                               fmt::format("{},gain=NUMBER is needed", info.name));
    if (said && info.gain && info.law != control_law::none)
        throw invalid_argument(
            where,
            fmt::format("a gain came for {}, which is {} at the published {}", info.name,
                        to_string(info.law), *info.gain),
            fmt::format("{},gain=NUMBER is the law at another rate", to_string(info.law)));
    load_controller result{info.law, info.gain.value_or(0), 0};
    for (const auto& setting : settings) read(setting, info, result);
    check(result, 0);  // a step that a leak is too large for is the loop's to find
    return result;
}

std::string text_of(const load_controller& controller) {
    const auto name = to_string(controller.law);
    switch (controller.law) {
        case control_law::none:
            break;
        case control_law::integral:
            return fmt::format("{},gain={},leak={}", name, controller.gain, controller.leak);
        case control_law::sign:
        case control_law::centred_sign:
            return fmt::format("{},gain={}", name, controller.gain);
    }
    return std::string(name);
}

}  // namespace moebius
