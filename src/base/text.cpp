// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace moebius {
namespace {

/// Letters to insert, drop or replace, or neighbours to swap (optimal string alignment), so that
/// one text becomes the other; three rows of the table at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> last_but_one, last(b.size() + 1), row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            row[j + 1] = std::min({last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1});
            if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
                row[j + 1] = std::min(row[j + 1], last_but_one[j - 1] + 1);
        }
        last_but_one = std::exchange(last, row);
    }
    return last.back();
}

std::string_view without_dashes(std::string_view word) {
    return word.substr(std::min(word.find_first_not_of('-'), word.size()));
}

/// How unlike two names are: edits, none for an abbreviation; beyond what a slip explains, nothing.
std::optional<std::size_t> unlikeness(std::string_view word, std::string_view name) {
    const auto a = without_dashes(word), b = without_dashes(name);
    if (!a.empty() && b.starts_with(a)) return 0;
    const std::size_t edits = edit_distance(a, b);
    if (3 * edits > std::max(a.size(), b.size())) return std::nullopt;
    return edits;
}

/// The bytes of the UTF-8 character at the front; 0 if there is none.
/// @source  RFC 3629, section 4
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    // overlong forms, surrogates and what is beyond U+10FFFF show in the second byte
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
    return length;
}

/// Whether a terminal would obey a UTF-8 character rather than show it.
bool is_control(std::string_view character) {
    const auto lead = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return lead < 0x20 || lead == 0x7f;
    const auto next = static_cast<unsigned char>(character[1]);
    if (character.size() == 2)  // C1, and U+061C
        return (lead == 0xc2 && next < 0xa0) || (lead == 0xd8 && next == 0x9c);
    if (character.size() != 3 || lead != 0xe2) return false;
    const auto last = static_cast<unsigned char>(character[2]);
    return (next == 0x80 && (last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae))) ||
           (next == 0x81 && last >= 0xa6 &&
            last <= 0xa9);  // U+200E, U+2028 to U+202E, U+2066 to 69
}

/// @param most  bytes after which it ends in "..."
std::string escaped(std::string_view text, std::string_view kept, std::size_t most) {
    std::string out;
    while (!text.empty() && out.size() < most) {
        const std::size_t length = utf8_length(text);
        const auto character = text.substr(0, std::max<std::size_t>(1, length));
        if (length == 1 && kept.find(character[0]) != kept.npos)
            out += character;
        else if (length == 0 || is_control(character))
            for (const char byte : character)
                out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        else
            out += character;
        text.remove_prefix(character.size());
    }
    return text.empty() ? out : out + "...";
}

}  // namespace

std::string printable(std::string_view text, std::string_view kept) {
    return escaped(text, kept, text.npos);
}

std::string excerpt(std::string_view text, std::size_t most) { return escaped(text, {}, most); }

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view best;
    std::optional<std::size_t> least;
    for (const auto name : candidates) {
        const auto unlike = unlikeness(word, name);
        if (!unlike || (least && *least <= *unlike)) continue;
        least = unlike;
        best = name;
    }
    return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    if (candidates.empty()) return {};
    const auto near = nearest_name(word, candidates);
    if (near.empty()) return fmt::format("; known are {}", fmt::join(candidates, ", "));
    return fmt::format("; did you mean '{}'? ({})", near, fmt::join(candidates, ", "));
}

double parse_number(std::string_view where, std::string_view text) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc{} || stop != end || std::isnan(value))
        throw invalid_argument(where, fmt::format("'{}' came", text), "it must be a number");
    return value;
}

std::uint64_t parse_count(std::string_view where, std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc{} || stop != end || value > most)
        throw invalid_argument(where, fmt::format("'{}' came", text),
                               "it must be a whole number from 0");
    return value;
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

}  // namespace moebius
