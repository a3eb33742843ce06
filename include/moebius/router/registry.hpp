// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/router/noise.hpp>
#include <moebius/router/router.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moebius {

struct router_option {
    std::string_view name;
    std::string_view meaning;
    std::string_view value;  ///< default, as text
};

/// A router as a user finds it.
struct router_info {
    std::string_view name;
    std::string_view meaning;
    std::span<const router_option> options;
    bool adds_noise = false;  ///< make_router's noise is a part of it
    /// The option that says how the gate before it clusters features (tokens/gate.hpp); empty for a
    /// router that takes any gate.
    std::string_view clustering_option = {};
};

/// The router that is meant where none is named: that of the theory.
inline constexpr std::string_view default_router = "top-1";

/// All shipped routers.
[[nodiscard]] std::span<const router_info> known_routers();

/// The entry of that name.
/// @throws invalid_argument for an unknown name, offering the nearest
[[nodiscard]] const router_info& find_router(std::string_view name);

/// Options of a router as text: (name, value).
using router_settings = std::vector<std::pair<std::string, std::string>>;

/// A shipped router. adaptive-clustering is the top-k that routes the logits of a clustered gate
/// (gate_options::clustering).
///
/// @param beta   inverse temperature, > 0
/// @param noise  of routers that add some (router_info::adds_noise)
/// @throws invalid_argument  for an unknown name or option, or a value out of range
[[nodiscard]] std::shared_ptr<const router> make_router(std::string_view name, double beta,
                                                        noise_law noise,
                                                        const router_settings& settings = {});

/// The value of one option, the default if it was not given.
/// @throws invalid_argument  as find_router
[[nodiscard]] std::string setting_of(std::string_view router, std::string_view option,
                                     const router_settings& settings);

}  // namespace moebius
