// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// Runs gnuplot with `script` on its standard input and gives what it writes to its output.
/// @throws io_error if it is missing (naming Debian's package) or fails (with its own words)
[[nodiscard]] std::string run_gnuplot(const std::vector<std::string>& arguments,
                                      std::string_view script);

}  // namespace moebius
