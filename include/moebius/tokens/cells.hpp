// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
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

/// Those of 8 bytes that are no digits, by the highest bit of each.
/// @param word  bytes less '0', bit by bit
[[nodiscard]] inline std::uint64_t no_digits_in(std::uint64_t word) {
    constexpr std::uint64_t each = 0x0101'0101'0101'0101;
    return (((word & each * 0x7f) + each * 0x76) | word) & each * 0x80;
}

/// The whole number that the first `count` bytes of 8 write, 1 to 8, the first in the lowest byte.
/// @param word  bytes less '0', bit by bit
[[nodiscard]] inline std::uint64_t whole_number_in(std::uint64_t word, int count) {
    word <<= 64 - 8 * count;  // zeros before them; then by twos, fours and eights
    word = 10 * word + (word >> 8);
    word = (word & 0x0000'00ff'0000'00ff) * (100 + (std::uint64_t{1000000} << 32)) +
           (word >> 16 & 0x0000'00ff'0000'00ff) * (1 + (std::uint64_t{10000} << 32));
    return word >> 32;
}

/// 8 bytes less '0', bit by bit: digits become what they stand for, the first in the lowest byte.
[[nodiscard]] inline std::uint64_t word_of_digits(const char* at) {
    static_assert(std::endian::native == std::endian::little, "the first digit is the lowest byte");
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word ^ 0x3030'3030'3030'3030;
}

/// The same where 8 bytes behind `end` can be read, whatever they are: up to 7 digits without a
/// loop, of which a branch would not know where it ends.
[[nodiscard]] inline const char* take_padded_number(const char* at, const char* end, char separator,
                                                    double& value) {
    const std::uint64_t word = word_of_digits(at);
    const int count = std::countr_zero(no_digits_in(word)) / 8;  // 8 if all are digits
    const char* const p = at + count;
    if (count == 0 || count == 8 || p > end || (p != end && *p != separator))
        return take_number(at, end, separator, value);
    value = static_cast<double>(whole_number_in(word, count));
    return p;
}

struct taken_cells {
    std::size_t count = 0;
    const char* next = nullptr;  ///< where the next cell begins; behind `end` if there is none
    /// Whether all of them are digits, or digits around a point: >= 0, finite, and none is -0.
    bool plain = true;
};

/// Room that take_numbers() needs for more cells than it has read.
inline constexpr std::size_t most_cells_at_once = 32;

/// The same of all cells from `at` on, up to one that is no number or until there is no room.
/// 8 bytes behind `end` can be read. Where cells end is looked for in 64 bytes at once, so that
/// none waits for the one before.
[[nodiscard]] taken_cells take_numbers(const char* at, const char* end, char separator,
                                       std::span<double> to);

}  // namespace moebius::csv
