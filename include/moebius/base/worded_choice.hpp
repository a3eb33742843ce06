// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moebius {

/// Options of a choice as text: (key, value).
using worded_settings = std::vector<std::pair<std::string, std::string>>;

/// The NAME of NAME or NAME,key=value,...: how a person writes a choice and its options.
[[nodiscard]] std::string_view chosen_name(std::string_view text);

/// The words behind the name: key=value.
[[nodiscard]] std::vector<std::string> chosen_options(std::string_view text);

/// The same as pairs.
/// @param where  what the sentence of an error begins with
/// @throws invalid_argument  for a word that is not key=value, or a key that came twice
[[nodiscard]] worded_settings chosen_settings(std::string_view text, std::string_view where);

}  // namespace moebius
