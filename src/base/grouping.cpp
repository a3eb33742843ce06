// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/grouping.hpp>
#include <numeric>

namespace moebius {
namespace {

/// A number from 1 at the start of `text`, which loses it.
std::size_t take_member(std::string_view& text, std::string_view whole) {
    std::size_t value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc{} || value == 0)
        throw invalid_argument("groups", fmt::format("'{}' came", whole),
                               "numbers from 1 and ranges are needed, as in '1,3 2,4-8'");
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value - 1;
}

std::vector<std::size_t> take_group(std::string_view& text, std::string_view whole) {
    std::vector<std::size_t> group;
    for (;;) {
        const std::size_t first = take_member(text, whole);
        std::size_t last = first;
        if (text.starts_with('-')) {
            text.remove_prefix(1);
            last = take_member(text, whole);
        }
        for (std::size_t i = first; i <= last; ++i) group.push_back(i);
        if (!text.starts_with(',')) return group;
        text.remove_prefix(1);
    }
}

void check_members(const grouping& made, std::string_view whole) {
    std::vector<std::size_t> all;
    for (const auto& group : made.groups) all.insert(all.end(), group.begin(), group.end());
    std::sort(all.begin(), all.end());
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] != i)
            throw invalid_argument("groups", fmt::format("'{}' came", whole),
                                   "each number from 1 on must come exactly once");
}

}  // namespace

std::size_t grouping::members() const noexcept {
    std::size_t count = 0;
    for (const auto& group : groups) count += group.size();
    return count;
}

grouping one_group(std::size_t members) {
    grouping result{{std::vector<std::size_t>(members)}};
    std::iota(result.groups[0].begin(), result.groups[0].end(), std::size_t{0});
    return result;
}

grouping singletons(std::size_t members) {
    grouping result;
    for (std::size_t i = 0; i < members; ++i) result.groups.push_back({i});
    return result;
}

grouping split(const grouping& from, std::size_t group, std::size_t count) {
    const auto size = from.groups.at(group).size();
    if (count < 1 || count >= size)
        throw invalid_argument("split", fmt::format("{} of {} members came", count, size),
                               "at least one must leave and one must stay");
    grouping result = from;
    auto& rest = result.groups[group];
    const auto middle = rest.begin() + static_cast<std::ptrdiff_t>(count);
    const std::vector<std::size_t> first(rest.begin(), middle);
    rest.erase(rest.begin(), middle);
    result.groups.insert(result.groups.begin() + static_cast<std::ptrdiff_t>(group), first);
    return result;
}

std::vector<std::size_t> group_of_members(const grouping& of) {
    std::vector<std::size_t> result(of.members());
    for (std::size_t g = 0; g < of.size(); ++g)
        for (const std::size_t member : of.groups[g]) result[member] = g;
    return result;
}

double copies(const grouping& coarse, const grouping& fine) {
    double log_count = 0;
    for (const auto& group : coarse.groups)
        log_count += std::lgamma(static_cast<double>(group.size()) + 1);
    for (const auto& group : fine.groups)
        log_count -= std::lgamma(static_cast<double>(group.size()) + 1);
    const double count = std::exp(log_count);
    return count < 1e15 ? std::round(count) : count;
}

std::string to_string(const grouping& of) {
    std::string text;
    for (const auto& group : of.groups) {
        if (!text.empty()) text += ' ';
        for (std::size_t i = 0; i < group.size();) {
            std::size_t j = i;
            while (j + 1 < group.size() && group[j + 1] == group[j] + 1) ++j;
            if (i > 0) text += ',';
            text += j == i ? fmt::format("{}", group[i] + 1)
                           : fmt::format("{}-{}", group[i] + 1, group[j] + 1);
            i = j + 1;
        }
    }
    return text;
}

grouping grouping_from(std::string_view text) {
    const auto whole = text;
    grouping result;
    while (!text.empty()) {
        result.groups.push_back(take_group(text, whole));
        if (text.starts_with(' ') && text.size() > 1)
            text.remove_prefix(1);
        else if (!text.empty())
            take_member(text, whole);  // no number: says what is needed
    }
    check_members(result, whole);
    return result;
}

}  // namespace moebius
