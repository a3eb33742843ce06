// SPDX-License-Identifier: MIT
#include "words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>

namespace moebius::cli {

std::pair<std::string, double> parse_setting(std::string_view text) {
    const auto parts = parts_of(text, '=');
    if (parts.size() != 2 || parts[0].empty())
        throw invalid_argument("--set", fmt::format("'{}' came", text), "it must be name=value");
    return {std::string(parts[0]), parse_number(fmt::format("--set {}", parts[0]), parts[1])};
}

std::vector<std::pair<std::string, double>> parse_settings(const std::vector<std::string>& sets) {
    std::vector<std::pair<std::string, double>> out;
    for (const auto& text : sets) {
        auto next = parse_setting(text);
        for (const auto& [name, value] : out)
            if (name == next.first)
                throw invalid_argument("--set", fmt::format("{} came twice", name),
                                       "once is enough");
        out.push_back(std::move(next));
    }
    return out;
}

double set_value(const std::vector<std::string>& sets, std::string_view name, double otherwise) {
    for (const auto& [key, value] : parse_settings(sets))
        if (key == name) otherwise = value;
    return otherwise;
}

namespace {

/// Points between the ends of a range need numbers that double precision tells apart.
void check_width(const std::string& where, double from, double to) {
    constexpr double least = 1e-300, least_share = 1e-13;
    const double width = std::abs(to - from);
    const auto came = fmt::format("{:g}:{:g} came", from, to);
    if (!std::isfinite(width))
        throw invalid_argument(where, came, "its width must be a finite number");
    if (width != 0 && width < std::max(least, least_share * std::max(std::abs(from), std::abs(to))))
        throw invalid_argument(where, came, "its ends are too close to tell points between them");
}

}  // namespace

parameter_range parse_range(std::string_view text) {
    const auto parts = parts_of(text, '=');
    const auto ends = parts_of(parts.back(), ':');
    if (parts.size() != 2 || parts[0].empty() || ends.size() != 2)
        throw invalid_argument("--vary", fmt::format("'{}' came", text), "it must be name=from:to");
    const std::string where = fmt::format("--vary {}", parts[0]);
    const parameter_range range{std::string(parts[0]), parse_number(where, ends[0]),
                                parse_number(where, ends[1])};
    check_width(where, range.from, range.to);
    return range;
}

std::pair<std::string, std::string> parse_source(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size())
        throw invalid_argument("--from", fmt::format("'{}' came", text), "it must be FILE:LABEL");
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

namespace {

/// Whether a sentence begins with the name of a function of the library.
bool is_function(const std::string& where) {
    std::error_code unknown;
    return where.find('_') != where.npos &&
           std::all_of(where.begin(), where.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }) &&
           !std::filesystem::exists(where, unknown);  // a file may be named so, too
}

}  // namespace

std::string for_files(const invalid_argument& e) {
    std::string said = e.what();
    if (is_function(e.where())) return said.substr(e.where().size() + 2);
    if (!said.starts_with("--")) return said;
    const auto end = said.find_first_of(": ");
    std::replace(said.begin() + 2,
                 said.begin() + static_cast<std::ptrdiff_t>(std::min(end, said.size())), '-', '_');
    return "/options/" + said.substr(2);
}

std::string for_users(const invalid_argument& e, const session& session) {
    const auto& where = e.where();
    std::string said = e.what() + where.size();  // ": tokens is 0, but it must be >= 1"
    for (const auto& [field, flag] : session.fields)
        for (const std::string before : {": ", " and "})
            if (const auto at = said.find(before + field + " is "); at != said.npos)
                said.replace(at + before.size(), field.size(), flag);
    return (is_function(where) && !session.name.empty() ? session.name : where) + said;
}

std::optional<double> number_of(const result_heading& heading, std::string_view name) {
    for (const auto& [key, value] : heading.options)
        if (const auto* number = std::get_if<double>(&value); number != nullptr && key == name)
            return *number;
    return std::nullopt;
}

std::string word_of(const result_heading& heading, std::string_view name,
                    std::string_view otherwise) {
    for (const auto& [key, value] : heading.options)
        if (const auto* word = std::get_if<std::string>(&value); word != nullptr && key == name)
            return *word;
    return std::string(otherwise);
}

}  // namespace moebius::cli
