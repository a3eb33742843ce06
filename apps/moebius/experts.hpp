// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/option_table.hpp>
#include <moebius/model/registry.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebius::cli {

/// How many experts a model has, and what balances them. What is not given has the library's
/// default, or that of the file it starts from.
struct expert_arguments {
    std::optional<std::size_t> experts, top_k;
    std::string controller;    ///< NAME or NAME,key=value,...; empty: none
    std::string shown;         ///< number of experts by default, in the help; empty: the library's
    bool controllable = true;  ///< whether `controller` is an option

    /// Whether the model's equation has a controller.
    /// @throws invalid_argument  for one that no equation knows
    [[nodiscard]] bool controlled() const;

    /// What the words of the controller set of the model's parameters: "gain=0.5".
    /// @throws invalid_argument  as controller_from, but that a model has a gain without being told
    [[nodiscard]] std::vector<std::string> controller_sets() const;

    /// The library's options for a model, written into a result where they mean something.
    /// @param experts_of_tokens  0 if the model takes none
    /// @throws invalid_argument for an option that the model does not take
    [[nodiscard]] expert_options apply(std::string_view model, std::size_t experts_of_tokens,
                                       result_heading& heading) const;
};

void add_to(option_table& table, expert_arguments& experts);

}  // namespace moebius::cli
