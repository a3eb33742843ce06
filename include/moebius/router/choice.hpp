// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/router/registry.hpp>
#include <string>
#include <vector>

namespace moebius {

/// A shipped router and its options as a person writes them: NAME or NAME,key=value,...
struct router_choice {
    std::string text;  ///< empty: none was chosen

    explicit operator bool() const noexcept { return !text.empty(); }

    [[nodiscard]] std::string name() const;

    /// The words behind the name: key=value.
    [[nodiscard]] std::vector<std::string> options() const;

    /// @throws invalid_argument  for a word that is not key=value, or a key that came twice
    [[nodiscard]] router_settings settings() const;

    /// How the gate before it clusters features; empty for a router that takes any gate, and for
    /// none.
    /// @throws invalid_argument  as settings and setting_of
    [[nodiscard]] std::string clustering() const;

    /// @throws invalid_argument  as settings and make_router
    [[nodiscard]] std::shared_ptr<const router> make(double beta, noise_law noise) const;

    /// Whether its loop is that of hard top-1 (router::top_1_noise), which devices run, too; where
    /// none was chosen it is.
    [[nodiscard]] bool is_top_1() const;
};

}  // namespace moebius
