// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <vector>

namespace moebius {
namespace {

/// Levenshtein distance, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({substituted, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates) {
    const auto best = std::min_element(candidates.begin(), candidates.end(),
                                       [&](std::string_view a, std::string_view b) {
                                           return edit_distance(word, a) < edit_distance(word, b);
                                       });
    return best == candidates.end() ? std::string_view{} : *best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    if (candidates.empty()) return {};
    return fmt::format("; did you mean '{}'? ({})", nearest_name(word, candidates),
                       fmt::join(candidates, ", "));
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

std::string printable(std::string_view text, std::size_t most) {
    std::string out;
    while (!text.empty() && out.size() < most) {
        std::size_t length = 1;  // of the next character: its first byte and what continues it
        while (length < std::min<std::size_t>(text.size(), 4) &&
               (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
            ++length;
        const auto character = text.substr(0, length);
        if (character == "\"" || character == "\\")
            out += character;
        else {  // in quotes, which are taken off
            const auto escaped = fmt::format("{:?}", character);
            out += std::string_view(escaped).substr(1, escaped.size() - 2);
        }
        text.remove_prefix(length);
    }
    return text.empty() ? out : out + "...";
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
