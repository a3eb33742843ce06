// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace moebius::csv {

/// What stands between the cells of a table: the first of semicolon, comma and tab that its first
/// line has, else a comma. A tab that is none of these is a blank.
[[nodiscard]] char separator_of(std::string_view line);

/// The number at the start of a cell, and where the cell ends; null if it is none. Blanks around it
/// are skipped; what a double cannot hold becomes infinite, or 0.
[[nodiscard]] const char* take_any_number(const char* at, const char* end, char separator,
                                          double& value);

/// The same, fast for whole numbers of up to 15 digits: most cells of most tables.
[[nodiscard]] inline const char* take_number(const char* at, const char* end, char separator,
                                             double& value) {
    std::uint64_t digits = 0;
    const char* const stop = end - at > 15 ? at + 15 : end;
    const char* p = at;
    for (; p != stop && *p >= '0' && *p <= '9'; ++p)
        digits = 10 * digits + static_cast<std::uint64_t>(*p - '0');
    if (p == at || (p != end && *p != separator)) return take_any_number(at, end, separator, value);
    value = static_cast<double>(digits);
    return p;
}

}  // namespace moebius::csv
