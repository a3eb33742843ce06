// SPDX-License-Identifier: MIT
#include <charconv>
#include <cstdlib>
#include <moebius/tokens/cells.hpp>
#include <string>
#include <system_error>

namespace moebius::csv {
namespace {

bool is_blank(char c, char separator) { return (c == ' ' || c == '\t') && c != separator; }

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

}  // namespace moebius::csv
