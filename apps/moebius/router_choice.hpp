// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <moebius/compare/router_comparison.hpp>
#include <moebius/io/result.hpp>
#include <moebius/model/field.hpp>
#include <moebius/router/registry.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tokens.hpp"

namespace moebius::cli {

/// Which router, and its options.
struct router_choice {
    std::string name;               ///< empty: none was asked for
    std::vector<std::string> sets;  ///< key=value

    void add_to(CLI::App& sub);
    void inherit(const result_heading& heading);
    void describe(result_heading& heading) const;

    /// @throws invalid_argument for a setting that cannot be read
    [[nodiscard]] router_settings settings() const;

    /// The variant of adaptive clustering, for the gate; empty for other routers.
    [[nodiscard]] std::string clustering() const;

    /// @throws invalid_argument as make_router
    [[nodiscard]] std::shared_ptr<const router> make(double beta, noise_law noise) const;
};

/// NAME,key=value,...
[[nodiscard]] router_choice parse_router(std::string_view text);

/// The tokens as the router's gate sees them; without tokens all logits are 0.
/// @param experts  of a router without tokens
[[nodiscard]] std::shared_ptr<const token_source> source_for(const router_choice& router,
                                                             token_options tokens,
                                                             std::size_t experts);

/// The mean load of a router on tokens; measured open-loop where it is not known in closed form.
/// @throws invalid_argument  for more than two experts without a closed form
[[nodiscard]] std::shared_ptr<const load_response> mean_load_of(
    const router& router, const std::shared_ptr<const token_source>& source, double beta,
    noise_law noise, const watch& watched, result_heading& heading);

}  // namespace moebius::cli
