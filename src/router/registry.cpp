// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/router/registry.hpp>

#include "entry.hpp"

namespace moebius {
namespace {

constexpr const router_entry* entries[] = {
#define MOEBIUS_ROUTER(name) &name##_entry,
#include "routers.def"
#undef MOEBIUS_ROUTER
};

const router_entry& find_entry(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto* one : entries) {
        if (one->info.name == name) return *one;
        names.push_back(one->info.name);
    }
    throw invalid_argument("router", fmt::format("'{}' is unknown", name),
                           fmt::format("a shipped router is needed{}", did_you_mean(name, names)));
}

}  // namespace

std::span<const router_info> known_routers() {
    static const auto known = [] {
        std::vector<router_info> infos;
        for (const auto* one : entries) infos.push_back(one->info);
        return infos;
    }();
    return known;
}

const router_info& find_router(std::string_view name) { return find_entry(name).info; }

std::shared_ptr<const router> make_router(std::string_view name, double beta, noise_law noise,
                                          const router_settings& settings) {
    const auto& [info, make] = find_entry(name);
    return make(setting_reader(info, settings), beta, noise);
}

std::string setting_of(std::string_view router, std::string_view option,
                       const router_settings& settings) {
    return std::string(setting_reader(find_router(router), settings).text(option));
}

}  // namespace moebius
