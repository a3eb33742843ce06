// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/compare/router_comparison.hpp>
#include <moebius/io/option_table.hpp>
#include <moebius/model/field.hpp>
#include <moebius/router/choice.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tokens.hpp"

namespace moebius::cli {

void add_to(option_table& table, router_choice& router);

/// Takes the router of a file, which is not changed beside it.
/// @throws invalid_argument if another one was asked for
void inherit(router_choice& router, const result_heading& heading, std::string_view file);
void describe_router(const router_choice& router, result_heading& heading);

/// Refuses --noise where no router adds any.
/// @param routers  NAME,key=value,...
/// @throws invalid_argument  naming the option
void check_noise(const session& session, const std::vector<std::string>& routers);

/// The number itself.
/// @throws invalid_argument  naming --experts where no router takes so many
[[nodiscard]] std::size_t checked_experts(std::size_t experts);

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
