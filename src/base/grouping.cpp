// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/grouping.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <utility>

namespace moebius {
namespace {

/// log n!, by threads, too: std::lgamma writes a global sign.
double log_factorial(std::size_t n) {
    double sum = 0;
    for (std::size_t k = 2; k <= n; ++k) sum += std::log(static_cast<double>(k));
    return sum;
}

/// The members first to last of a group, from 0.
struct member_range {
    std::size_t group, first, last;
};

/// Reads ranges from the front of a text, without spelling them out.
class range_reader {
public:
    range_reader(std::string_view text, std::size_t most)
        : whole_(text), rest_(text), most_(most) {}

    std::vector<member_range> read() {
        std::vector<member_range> ranges;
        for (std::size_t group = 0; !rest_.empty(); ++group) {
            do ranges.push_back(range_of(group));
            while (took(','));
            if (!rest_.empty() && (!took(' ') || rest_.empty())) reject();
        }
        return ranges;
    }

    [[noreturn]] void reject(std::string_view needed =
                                 "numbers from 1 and ranges are needed, as "
                                 "in '1,3 2,4-8'") const {
        throw invalid_argument("groups", fmt::format("'{}' came", excerpt(whole_)), needed);
    }

private:
    bool took(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::size_t member() {
        std::size_t value = 0;
        const auto [end, status] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (status == std::errc::result_out_of_range || value > most_)
            reject(fmt::format("{} members are the most here", most_));
        if (status != std::errc{} || value == 0) reject();
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value - 1;
    }

    member_range range_of(std::size_t group) {
        const std::size_t first = member(), last = took('-') ? member() : first;
        if (last < first) reject();
        return {group, first, last};
    }

    std::string_view whole_, rest_;
    std::size_t most_;
};

/// Whether each number from 0 on comes exactly once.
bool follow_each_other(std::vector<member_range> ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::size_t next = 0;
    return std::all_of(ranges.begin(), ranges.end(), [&](const auto& range) {
        return range.first == std::exchange(next, range.last + 1);
    });
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
    for (const auto& group : coarse.groups) log_count += log_factorial(group.size());
    for (const auto& group : fine.groups) log_count -= log_factorial(group.size());
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

grouping grouping_from(std::string_view text, std::size_t most) {
    range_reader reader(text, most);
    const auto ranges = reader.read();
    if (!follow_each_other(ranges)) reader.reject("each number from 1 on must come exactly once");
    grouping result;
    for (const auto& [group, first, last] : ranges) {
        result.groups.resize(group + 1);
        for (std::size_t i = first; i <= last; ++i) result.groups[group].push_back(i);
    }
    return result;
}

}  // namespace moebius
