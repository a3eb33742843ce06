// SPDX-License-Identifier: MIT
// What a router tells of itself to be found by its name.
#pragma once

#include <initializer_list>
#include <moebius/router/registry.hpp>

namespace moebius {

/// Of the routers whose weights may be made to sum to 1.
inline constexpr router_option renormalise_option{"renormalise", "yes: a token's weights sum to 1",
                                                  "no"};

/// The settings of one router, read by name; what is not set has its default.
class setting_reader {
public:
    /// @throws invalid_argument for a setting that the router does not have
    setting_reader(const router_info& info, const router_settings& settings);

    [[nodiscard]] std::string_view text(std::string_view name) const;
    [[nodiscard]] double number(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const {
        return choice(name, {"no", "yes"}) == 1;
    }

    /// The position of a word among the accepted ones.
    [[nodiscard]] std::size_t choice(std::string_view name,
                                     std::initializer_list<std::string_view> words) const;

private:
    const router_info& info_;
    const router_settings& settings_;
};

/// A shipped router: how a user finds it, and how it is made.
struct router_entry {
    router_info info;
    std::shared_ptr<const router> (*make)(const setting_reader& in, double beta, noise_law noise);
};

#define MOEBIUS_ROUTER(name) extern const router_entry name##_entry;
#include "routers.def"
#undef MOEBIUS_ROUTER

}  // namespace moebius
