// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/compare/router_comparison.hpp>
#include <moebius/io/option_table.hpp>
#include <moebius/model/field.hpp>
#include <moebius/router/registry.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tokens.hpp"

namespace moebius::cli {

/// Which router, and its options: NAME or NAME,key=value,...
struct router_choice {
    std::string text;  ///< empty: none was asked for

    /// Whether one was asked for.
    explicit operator bool() const noexcept { return !text.empty(); }

    [[nodiscard]] std::string name() const;

    /// @throws invalid_argument for a setting that cannot be read, or came twice
    [[nodiscard]] router_settings settings() const;

    /// The router of a file, which is not changed beside it.
    /// @throws invalid_argument if another one was asked for
    void inherit(const result_heading& heading, std::string_view file);
    void describe(result_heading& heading) const;

    /// How the gate before it clusters features; empty for a router that takes any gate.
    [[nodiscard]] std::string clustering() const;

    /// Whether its loop is that of hard top-1, which devices run, too; so is that of none.
    [[nodiscard]] bool is_top_1() const;

    /// @throws invalid_argument as make_router
    [[nodiscard]] std::shared_ptr<const router> make(double beta, noise_law noise) const;
};

void add_to(option_table& table, router_choice& router);

/// The tokens as the router's gate sees them; without tokens all logits are 0.
/// @param experts  of a router without tokens
[[nodiscard]] std::shared_ptr<const token_source> source_for(const router_choice& router,
                                                             token_options tokens,
                                                             std::size_t experts);

/// The mean load of a router on tokens; measured open-loop where it is not known in closed form.
/// @throws invalid_argument  for more than two experts without a closed form
[[nodiscard]] std::shared_ptr<const load_response> mean_load_of(
    const router& router, const std::shared_ptr<const token_source>& source, double beta,
    const watch& watched, result_heading& heading);

}  // namespace moebius::cli
