// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <moebius/tokens/cells.hpp>
#include <span>
#include <string>
#include <system_error>

#include "digit_cells.hpp"

namespace moebius::csv {
namespace {

bool is_blank(char c, char separator) { return (c == ' ' || c == '\t') && c != separator; }

constexpr int most_digits = 15;  // a number of more is not always below 2^53
constexpr std::array<double, most_digits + 1> powers = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

double power_of_ten(int places) { return powers.data()[places]; }

/// Of 1 to 15 digits; 8 bytes behind them can be read. Exact.
double whole_number(const char* at, int count) {
    const auto first = static_cast<double>(whole_number_in(word_of_digits(at), std::min(count, 8)));
    if (count <= 8) return first;
    return first * power_of_ten(count - 8) +
           static_cast<double>(whole_number_in(word_of_digits(at + 8), count - 8));
}

/// Of the 64 bytes from `at` on, a bit each: no digit, or the end, behind which none has one. Where
/// all are digits the last has one, so that there is always a place to stop at.
std::uint64_t no_digits_from(const char* at, const char* end) {
    constexpr std::uint64_t gather = 0x0102'0408'1020'4080;  // eight bits from eight bytes
    const auto size = std::min<std::ptrdiff_t>(end - at, 64);
    std::uint64_t out = 0;
    for (int i = 0; i < size; i += 8)
        out |= ((no_digits_in(word_of_digits(at + i)) >> 7) * gather >> 56) << i;
    if (size == 64) return out != 0 ? out : std::uint64_t{1} << 63;
    const std::uint64_t past = std::uint64_t{1} << size;
    return (out & (past - 1)) | past;
}

/// A cell of digits, or of digits around a point, of 15 at most: they are below 2^53 and the power
/// of ten below 10^23, both exact, so that the quotient is rounded once. False for another cell.
/// @param point  the first byte that is no digit
/// @param stop   the end of the cell if it is such a one
bool read_plain(const char* at, const char* point, const char* stop, double& value) {
    const auto whole = point - at, places = stop == point ? 0 : stop - point - 1;
    if (whole < 1 || whole + places > most_digits) return false;
    value = whole_number(at, static_cast<int>(whole));
    if (stop == point) return true;
    if (places < 1 || *point != '.') return false;
    const double scale = power_of_ten(static_cast<int>(places));
    value = (value * scale + whole_number(point + 1, static_cast<int>(places))) / scale;
    return true;
}

/// The cells that end in the 64 bytes from `at` on, at least one. False where one is no number.
/// @param plain  becomes false where a number is not of digits, or of digits around a point
bool take_window(const char*& at, const char* end, char separator, double*& put, bool& plain) {
    const auto is_end = [=](const char* p) { return *p == separator || p == end; };
    const char* const from = at;
    for (auto others = no_digits_from(from, end); others != 0; others &= others - 1) {
        const char* p = from + std::countr_zero(others);
        if (p - at >= 1 && p - at <= 8 && is_end(p)) {  // most cells of most tables
            *put++ =
                static_cast<double>(whole_number_in(word_of_digits(at), static_cast<int>(p - at)));
            at = p + 1;
            continue;
        }
        const char* const point = p;
        if (*p == '.') {
            others &= others - 1;
            if (others == 0 && at != from) break;  // the next window has all of the cell
            if (others != 0) p = from + std::countr_zero(others);
        }
        if (!is_end(p) || !read_plain(at, point, p, *put)) {
            plain = false;
            p = take_any_number(at, end, separator, *put);
            if (p == nullptr) return false;
        }
        ++put;
        at = p + 1;
        if (p - from >= 63) break;
        others &= ~std::uint64_t{0} << (p - from);  // what is behind it, and its end
    }
    return true;
}

}  // namespace

char separator_of(std::string_view line) {
    constexpr std::string_view separators = ";,\t";
    for (const char one : separators)
        if (line.find(one) != std::string_view::npos) return one;
    return ',';
}

const char* take_any_number(const char* at, const char* end, char separator, double& value) {
    while (at != end && is_blank(*at, separator)) ++at;
    const auto [stop, failure] = std::from_chars(at, end, value);
    if (failure == std::errc::result_out_of_range)  // too large, or so small that it is 0
        value = std::strtod(std::string(at, stop).c_str(), nullptr);
    else if (failure != std::errc{})
        return nullptr;
    const char* p = stop;
    while (p != end && is_blank(*p, separator)) ++p;
    return p == end || *p == separator ? p : nullptr;
}

taken_cells take_numbers(const char* at, const char* end, char separator, std::span<double> to) {
    double* put = to.data();
    const double* const full = put + to.size() - std::min(to.size(), most_cells_at_once);
    bool are_digits = true, plain = true;
    const auto so_far = [&] {
        return taken_cells{static_cast<std::size_t>(put - to.data()), at, plain};
    };
    while (at <= end && put < full) {
        if (are_digits) {
            const auto taken = take_digit_cells(at, end, separator, to.subspan(so_far().count));
            are_digits = taken.count > 0;  // else it is not asked again in this line
            put += taken.count;
            at = taken.next;
            if (put >= full) break;
        }
        if (!take_window(at, end, separator, put, plain)) break;
    }
    return so_far();
}

}  // namespace moebius::csv
