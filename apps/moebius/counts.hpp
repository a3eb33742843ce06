// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <moebius/base/error.hpp>
#include <optional>
#include <string>

namespace moebius::cli {

template <typename Count>
void read_count(const std::string& name, const std::string& text, Count& value) {
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc{} || stop != end)
        throw invalid_argument(name, fmt::format("'{}' came", text),
                               "it must be a whole number from 0");
}

/// An option that is a whole number from 0. CLI11 would let -1 wrap to the largest one.
/// @throws invalid_argument (while parsing) naming the option
template <typename Count>
CLI::Option* add_count(CLI::App& sub, const std::string& name, Count& value,
                       const std::string& meaning) {
    const auto read = [name, &value](const std::string& text) { read_count(name, text, value); };
    return sub.add_option_function<std::string>(name, read, meaning)
        ->type_name("UINT")
        ->default_str(fmt::format("{}", value));
}

/// The same for a number that need not be given.
template <typename Count>
CLI::Option* add_count(CLI::App& sub, const std::string& name, std::optional<Count>& value,
                       const std::string& meaning) {
    const auto read = [name, &value](const std::string& text) {
        read_count(name, text, value.emplace());
    };
    return sub.add_option_function<std::string>(name, read, meaning)->type_name("UINT");
}

}  // namespace moebius::cli
