// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// A picture takes a second; this is for one of millions of points on a busy machine.
inline constexpr std::chrono::milliseconds gnuplot_time_limit{60'000};

/// Runs gnuplot with `script` on its standard input and gives what it writes to its output. It
/// reads no settings of the user's, neither of a file nor of the environment, and writes no file.
/// @throws io_error if it is missing (naming Debian's package), fails (with its own words), is
///         killed, or takes longer than `limit`; interrupted if Ctrl-C ended it
[[nodiscard]] std::string run_gnuplot(const std::vector<std::string>& arguments,
                                      std::string_view script,
                                      std::chrono::milliseconds limit = gnuplot_time_limit);

/// In a picture no text is longer, in characters.
inline constexpr std::size_t longest_text = 160;

/// A text as gnuplot's scripts take it: whatever it is, it is shown and not interpreted. What has
/// no place in a line of text (line feeds, other controls, bytes that are no UTF-8) becomes U+FFFD,
/// and what is too long ends in three dots.
/// @param in_svg  for gnuplot's SVG, which would take "&#x..." for a character's code
[[nodiscard]] std::string gnuplot_text(std::string_view text, bool in_svg);

}  // namespace moebius
