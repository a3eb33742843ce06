// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

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

}  // namespace moebius
