// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
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

/// The same where 8 bytes behind `end` can be read, whatever they are: up to 7 digits without a
/// loop, of which a branch would not know where it ends.
[[nodiscard]] inline const char* take_padded_number(const char* at, const char* end, char separator,
                                                    double& value) {
    static_assert(std::endian::native == std::endian::little, "the first digit is the lowest byte");
    constexpr std::uint64_t each = 0x0101'0101'0101'0101;
    std::uint64_t digits = 0;
    std::memcpy(&digits, at, sizeof digits);
    digits ^= each * '0';
    const std::uint64_t others = (((digits & each * 0x7f) + each * 0x76) | digits) & each * 0x80;
    const int count = std::countr_zero(others) / 8;  // 8 if there are none
    const char* const p = at + count;
    if (count == 0 || count == 8 || p > end || (p != end && *p != separator))
        return take_number(at, end, separator, value);
    digits <<= 64 - 8 * count;  // zeros before them; then by twos, fours and eights
    digits = 10 * digits + (digits >> 8);
    digits = (digits & 0x0000'00ff'0000'00ff) * (100 + (std::uint64_t{1000000} << 32)) +
             (digits >> 16 & 0x0000'00ff'0000'00ff) * (1 + (std::uint64_t{10000} << 32));
    value = static_cast<double>(digits >> 32);
    return p;
}

}  // namespace moebius::csv
