// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <boost/locale/utf.hpp>
#include <cctype>
#include <iterator>

#include "gnuplot.hpp"

namespace moebius {
namespace {

namespace utf = boost::locale::utf;

/// Controls, marks that turn the direction of what follows, and what XML forbids.
bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c ||
           c == 0xfffe || c == 0xffff;
}

std::string one_line(std::string_view text) {
    constexpr utf::code_point unknown = 0xfffd;
    std::string out;
    std::size_t length = 0;
    for (const char* at = text.data(); at != text.data() + text.size();) {
        if (length++ == longest_text) return out + "…";
        const auto c = utf::utf_traits<char>::decode(at, text.data() + text.size());
        const bool known = utf::is_valid_codepoint(c) && !is_control(c);
        utf::utf_traits<char>::encode(known ? c : unknown, std::back_inserter(out));
    }
    return out;
}

}  // namespace

// Letters, digits and what is no ASCII stand for themselves; all else is given by its code, so that
// gnuplot sees no backquote, quote, backslash, macro or function to begin with. Its single quotes
// would not do: 5.4 ends such a string at two doubled quotes in a row, and reads on.
std::string gnuplot_text(std::string_view text, bool in_svg) {
    auto line = one_line(text);
    for (auto at = line.find("&#x"); in_svg && at != line.npos; at = line.find("&#x", at + 1))
        line.replace(at, 1, "&#x26;");  // the ampersand's code: "&amp;" would be shown as it stands
    for (auto at = line.find("]]>"); in_svg && at != line.npos; at = line.find("]]>", at))
        line.insert(at + 2, 1, ' ');  // XML forbids it, and gnuplot leaves it as it stands
    std::string out = "\"";
    for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 || std::isalnum(byte) != 0 || c == ' ')
            out += c;
        else
            out += fmt::format("\\{:04o}", byte);  // four digits, as many as it would take
    }
    return out + '"';
}

}  // namespace moebius
