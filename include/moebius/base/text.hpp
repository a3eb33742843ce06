// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// The candidate with the smallest edit distance to `word`; empty if there is no candidate.
[[nodiscard]] std::string_view nearest_name(std::string_view word,
                                            std::span<const std::string_view> candidates);

/// "; did you mean 'feedback'? (feedback, decay, beta, bias)": the end of a sentence about an
/// unknown name. Empty for no candidates.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> candidates);

/// A whole text as a finite or infinite number; nothing before or after it.
/// @throws invalid_argument naming `where` if it is none, or is NaN
[[nodiscard]] double parse_number(std::string_view where, std::string_view text);

/// A whole text as a whole number from 0 to `most`.
/// @throws invalid_argument naming `where` if it is none
[[nodiscard]] std::uint64_t parse_count(
    std::string_view where, std::string_view text,
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// A text from outside as a terminal may show it: control characters and bytes that are no UTF-8
/// are escaped, and after `most` bytes it ends in "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = 60);

/// The parts of a text between separators; an empty text has one empty part.
[[nodiscard]] std::vector<std::string_view> parts_of(std::string_view text, char separator);

}  // namespace moebius
