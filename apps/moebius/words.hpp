// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/error.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/io/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session.hpp"

namespace moebius::cli {

/// name=value.
/// @throws invalid_argument naming --set
[[nodiscard]] std::pair<std::string, double> parse_setting(std::string_view text);

/// Each name=value, in order.
/// @throws invalid_argument naming --set, also for a name that came twice
[[nodiscard]] std::vector<std::pair<std::string, double>> parse_settings(
    const std::vector<std::string>& sets);

/// The value that name=value among the sets gives a parameter.
/// @throws invalid_argument as parse_settings
[[nodiscard]] double set_value(const std::vector<std::string>& sets, std::string_view name,
                               double otherwise);

/// name=from:to; whether the ends are in order is the library's to check.
/// @throws invalid_argument naming --vary
[[nodiscard]] parameter_range parse_range(std::string_view text);

/// FILE:LABEL.
/// @throws invalid_argument naming --from
[[nodiscard]] std::pair<std::string, std::string> parse_source(std::string_view text);

/// The sentence of an error, in the words of a command line: where it begins with the name of one
/// of the library's functions, the subcommand stands there instead, and where it says what a field
/// is, the option that was given for it.
[[nodiscard]] std::string for_users(const invalid_argument& e, const session& session);

/// The sentence of an error about what a file holds: without the name of a function of the library,
/// and with the place of an option in a result file where it begins with one ("/options/tokens").
[[nodiscard]] std::string for_files(const invalid_argument& e);

/// What a work on a file's numbers comes to; where the library refuses them, its sentence begins
/// with the file.
template <typename Work>
auto of_file(const std::string& file, const Work& work) {
    try {
        return work();
    } catch (const invalid_argument& e) {
        throw io_error(file, for_files(e));
    }
}

/// The option of that name in a result, where it is a number.
[[nodiscard]] std::optional<double> number_of(const result_heading& heading, std::string_view name);

/// The option of that name in a result, where it is a word; else `otherwise`.
[[nodiscard]] std::string word_of(const result_heading& heading, std::string_view name,
                                  std::string_view otherwise);

}  // namespace moebius::cli
