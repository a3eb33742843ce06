// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/continuation/options.hpp>

namespace moebius {

void check_options(const continuation_options& options) {
    const auto need = [](bool holds, std::string_view name, double value, std::string_view rule) {
        if (!holds)
            throw invalid_argument("continuation", fmt::format("{} is {}", name, value),
                                   fmt::format("it must be {}", rule));
    };
    need(options.max_step > 0 && std::isfinite(options.max_step), "max_step", options.max_step,
         "> 0 and finite");
    need(options.min_step > 0, "min_step", options.min_step, "> 0");
    need(options.max_step >= options.min_step, "max_step", options.max_step,
         fmt::format("at least {}, the shortest step", options.min_step));
    need(options.max_points >= 2, "max_points", static_cast<double>(options.max_points), ">= 2");
    need(options.max_turn > 0 && options.max_turn <= 1, "max_turn", options.max_turn,
         "> 0 and at most 1 radian");
    need(options.max_state > 0, "max_state", options.max_state, "> 0");
    need(options.tolerance >= 1e-13 && options.tolerance <= 1e-2, "tolerance", options.tolerance,
         "from 1e-13 to 1e-2");
    need(options.longest_period >= 0, "longest_period", options.longest_period,
         "> 0, or 0 for 1000 times the first");
    need(options.multiplier_error > 0, "multiplier_error", options.multiplier_error, "> 0");
    need(options.searches >= 2, "searches", static_cast<double>(options.searches), ">= 2");
    need(options.max_branches >= 1, "max_branches", static_cast<double>(options.max_branches),
         ">= 1");
}

void check_range(const parameter_range& range) {
    const auto reject = [&](std::string_view needed) {
        throw invalid_argument(fmt::format("range of {}", range.name),
                               fmt::format("it goes from {} to {}", range.from, range.to), needed);
    };
    if (!std::isfinite(range.from) || !std::isfinite(range.to)) reject("both ends must be finite");
    if (range.from == range.to) reject("it must not be empty");
    if (range.from > range.to) reject("the smaller end must come first");
}

}  // namespace moebius
