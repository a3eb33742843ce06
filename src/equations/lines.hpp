// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace moebius::detail {

/// A line of a model as it is read: without its comment, its continuations joined, an array's line
/// once for each index, which stands in its place.
struct model_line {
    std::size_t number;  ///< of the first line of the file that it comes from, from 1
    std::string text;    ///< no blank at either end
};

/// "file:line".
[[nodiscard]] std::string place_of(std::string_view file, std::size_t line);

[[nodiscard]] std::string in_small_letters(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);

struct model_lines {
    std::vector<model_line> all;  ///< up to "done", empty ones and remarks left out
    bool end_early = false;       ///< equations::ends_early
};

/// @throws invalid_argument  for an index or a range that is none, or more lines than are read
[[nodiscard]] model_lines lines_of(std::string_view text, std::string_view file);

}  // namespace moebius::detail
