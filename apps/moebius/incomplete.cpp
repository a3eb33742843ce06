// SPDX-License-Identifier: MIT
#include "incomplete.hpp"

#include <fmt/format.h>

#include "interrupt.hpp"

namespace moebius::cli {
namespace {

constexpr std::string_view option_name = "incomplete";

}  // namespace

void mark_incomplete(result_heading& heading) {
    if (incomplete_because(heading)) return;
    heading.options.emplace_back(option_name, fmt::format("interrupted by {}", interrupt_name()));
}

std::optional<std::string> incomplete_because(const result_heading& heading) {
    for (const auto& [name, value] : heading.options)
        if (name == option_name)
            if (const auto* why = std::get_if<std::string>(&value)) return *why;
    return std::nullopt;
}

int outcome_of(const result_heading& heading, int otherwise) {
    return incomplete_because(heading) ? interrupt_code() : otherwise;
}

}  // namespace moebius::cli
