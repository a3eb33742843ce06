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

/// Text as it may be shown on a terminal: control characters, bytes that are no UTF-8, and what
/// turns the direction of writing are escaped as "\x1b".
/// @param kept  control characters that stay
[[nodiscard]] std::string printable(std::string_view text, std::string_view kept = {});

/// The same of a text from outside that may be long: after `most` bytes it ends in "...".
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t most = 60);

/// The candidate that `word` was probably meant to be: the one it is the beginning of, or that with
/// the smallest edit distance if that is at most a third of the longer word, dashes in front aside.
/// Empty if there is none.
[[nodiscard]] std::string_view nearest_name(std::string_view word,
                                            std::span<const std::string_view> candidates);

/// "; did you mean 'feedback'? (feedback, decay, beta, bias)": the end of a sentence about an
/// unknown name; "; known are feedback, decay" if none is near. Empty for no candidates.
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

/// The parts of a text between separators; an empty text has one empty part.
[[nodiscard]] std::vector<std::string_view> parts_of(std::string_view text, char separator);

}  // namespace moebius
