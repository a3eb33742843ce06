// SPDX-License-Identifier: MIT
#include <moebius/base/worded_choice.hpp>
#include <moebius/router/choice.hpp>

namespace moebius {

std::string router_choice::name() const { return std::string(chosen_name(text)); }

std::vector<std::string> router_choice::options() const { return chosen_options(text); }

router_settings router_choice::settings() const { return chosen_settings(text, "router"); }

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
