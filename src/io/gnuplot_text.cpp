// SPDX-License-Identifier: MIT
#include <boost/locale/utf.hpp>
#include <iterator>

#include "gnuplot.hpp"

namespace moebius {
namespace {

namespace utf = boost::locale::utf;

/// Controls, marks that turn the direction of what follows, and what XML forbids.
bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfffe || c == 0xffff;
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

// In single quotes nothing is special to gnuplot but the quote itself, which is written twice: no
// backquote, backslash, macro or function is looked for.
std::string gnuplot_text(std::string_view text, bool in_svg) {
    const auto line = one_line(text);
    std::string out = "'";
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\'')
            out += "''";
        else if (in_svg && line.compare(i, 3, "&#x") == 0)
            out += "&#x26;";  // an ampersand's code, since "&amp;" would be shown as it stands
        else
            out += line[i];
    }
    return out + '\'';
}

}  // namespace moebius
