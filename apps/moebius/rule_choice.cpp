// SPDX-License-Identifier: MIT
#include "rule_choice.hpp"

#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/model/iterated_map.hpp>

#include "words.hpp"

namespace moebius::cli {

void rule_choice::check() const {
    if (!period) return;
    if (!step)
        throw invalid_argument("--period", fmt::format("{} came without --step", *period),
                               "it is that of orbits of the discrete rule");
    if (*period < 1 || *period > most_iterations)
        throw invalid_argument("--period", fmt::format("{} came", *period),
                               fmt::format("it must be from 1 to {}", most_iterations));
}

map_rule rule_choice::rule() const {
    return {step.value(), static_cast<std::size_t>(period.value_or(1))};
}

problem rule_choice::followed(const problem& at) const {
    return period.value_or(1) > 1 ? iterated(at, rule().step, rule().period) : at;
}

std::optional<double> rule_choice::followed_step() const {
    return period.value_or(1) > 1 ? std::optional(1.0) : step;
}

void add_to(option_table& table, rule_choice& choice) {
    table.add("step", choice.step, "follow the discrete rule with this step as a map",
              {.kept = option_kept::if_set});
    table.add("period", choice.period, "of the map's orbits, each followed by one of its points",
              {.kept = option_kept::if_set, .shown = "1"});
}

void take_rule(rule_choice& choice, const result_heading& origin, const session& session) {
    const auto made = rule_of(origin);
    if (!made) return;  // any equilibrium is a fixed point of the rule, too
    if (session.was_given("step") && *choice.step != *made.step)
        throw invalid_argument("--step", fmt::format("{} came", *choice.step),
                               fmt::format("the point is that of a rule with {}", *made.step));
    choice.step = made.step;
    const auto own = made.period.value_or(1);
    if (session.was_given("period") && choice.period.value_or(1) % own != 0)
        throw invalid_argument("--period", fmt::format("{} came", *choice.period),
                               fmt::format("the point's is {}: a multiple is needed", own));
    if (!session.was_given("period")) choice.period = made.period;
}

void take_map(rule_choice& choice, std::size_t period, const session& session) {
    if (choice.step.value_or(1) != 1)
        throw invalid_argument("--step", fmt::format("{} came", *choice.step),
                               "these equations are a map themselves");
    choice.step = 1;
    if (period > 1 && !choice.period && !session.was_given("period")) choice.period = period;
}

rule_choice rule_of(const result_heading& heading) {
    rule_choice out;
    out.step = number_of(heading, "step");
    if (out.step) require("/options/step").positive_and_finite("step", *out.step);
    const auto period = number_of(heading, "period");
    if (!out.step || !period) return out;
    if (!(*period >= 1 && *period <= static_cast<double>(most_iterations)) ||
        std::floor(*period) != *period)
        throw invalid_argument("/options/period", fmt::format("{} came", *period),
                               fmt::format("it must be from 1 to {}", most_iterations));
    out.period = static_cast<std::uint64_t>(*period);
    return out;
}

}  // namespace moebius::cli
