// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/router/choice.hpp>

namespace moebius {
namespace {

std::pair<std::string, std::string> setting_from(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
        throw invalid_argument("router", fmt::format("'{}' came among its options", text),
                               "each must be key=value");
    return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace

std::string router_choice::name() const { return std::string(parts_of(text, ',').front()); }

std::vector<std::string> router_choice::options() const {
    const auto parts = parts_of(text, ',');
    return {parts.begin() + 1, parts.end()};
}

router_settings router_choice::settings() const {
    router_settings out;
    for (const auto& word : options()) {
        out.push_back(setting_from(word));
        const auto same = [&](const auto& other) { return other.first == out.back().first; };
        if (std::count_if(out.begin(), out.end(), same) > 1)
            throw invalid_argument("router", fmt::format("{} came twice", out.back().first),
                                   "once is enough");
    }
    return out;
}

std::string router_choice::clustering() const {
    if (text.empty()) return {};
    const auto option = find_router(name()).clustering_option;
    return option.empty() ? std::string() : setting_of(name(), option, settings());
}

std::shared_ptr<const router> router_choice::make(double beta, noise_law noise) const {
    return make_router(name(), beta, noise, settings());
}

bool router_choice::is_top_1() const {
    return text.empty() || make(1, noise_law::gumbel)->top_1_noise().has_value();
}

}  // namespace moebius
