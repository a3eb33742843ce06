// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/io/option_table.hpp>
#include <moebius/io/result.hpp>
#include <optional>

#include "session.hpp"

namespace moebius::cli {

/// The discrete rule whose orbits are asked for, in place of the differential equation.
struct rule_choice {
    std::optional<double> step;
    std::optional<std::uint64_t> period;

    [[nodiscard]] explicit operator bool() const noexcept { return step.has_value(); }
    /// @throws invalid_argument for a period without a step, or one out of range
    void check() const;
    [[nodiscard]] map_rule rule() const;
    /// What is a fixed point of the rule: the problem, or its iterate, and the step of that.
    [[nodiscard]] problem followed(const problem& at) const;
    [[nodiscard]] std::optional<double> followed_step() const;
};

void add_to(option_table& table, rule_choice& choice);

/// A point of a rule goes on as one, with its period or a multiple of it.
/// @throws invalid_argument for another step, or a period that the point does not have
void take_rule(rule_choice& choice, const result_heading& origin, const session& session);

/// Equations of a map are its rule of step 1.
/// @param period  that they ask for, where none was given
/// @throws invalid_argument for another step
void take_map(rule_choice& choice, std::size_t period, const session& session);

/// The rule that a file is about.
/// @throws invalid_argument as check, and for a step that is none
[[nodiscard]] rule_choice rule_of(const result_heading& heading);

}  // namespace moebius::cli
