// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <moebius/base/error.hpp>
#include <moebius/base/rotation.hpp>
#include <moebius/base/text.hpp>
#include <numeric>

namespace moebius {
namespace {

rotation none_of(std::size_t members) {
    rotation made{std::vector<std::size_t>(members)};
    std::iota(made.next.begin(), made.next.end(), std::size_t{0});
    return made;
}

/// Reads cycles from the front of a text.
class cycle_reader {
public:
    cycle_reader(std::string_view text, std::size_t members)
        : whole_(text), rest_(text), made_(none_of(members)), seen_(members, false) {}

    rotation read() {
        do {
            std::vector<std::size_t> cycle;
            if (!took('(')) reject();
            do cycle.push_back(member());
            while (took(' '));
            if (!took(')') || cycle.size() < 2) reject();
            for (std::size_t k = 0; k < cycle.size(); ++k)
                made_.next[cycle[k]] = cycle[(k + 1) % cycle.size()];
            lengths_.push_back(cycle.size());
        } while (!rest_.empty());
        const std::size_t longest = *std::max_element(lengths_.begin(), lengths_.end());
        for (const std::size_t length : lengths_)
            if (longest % length != 0) reject("the longest cycle must be a multiple of each");
        return made_;
    }

private:
    [[noreturn]] void reject(
        std::string_view needed =
            "cycles of two numbers or more are needed, as in '(1 2 3)(4 5 6)'") const {
        throw invalid_argument("rotation", fmt::format("'{}' came", excerpt(whole_)), needed);
    }

    bool took(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::size_t member() {
        std::size_t value = 0;
        const auto [end, status] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (status != std::errc{} || value == 0 || value > seen_.size())
            reject(fmt::format("numbers from 1 to {} are needed", seen_.size()));
        if (seen_[value - 1]) reject("each number must come once");
        seen_[value - 1] = true;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value - 1;
    }

    std::string_view whole_, rest_;
    rotation made_;
    std::vector<bool> seen_;
    std::vector<std::size_t> lengths_;
};

}  // namespace

std::size_t rotation::order() const {
    std::size_t longest = 1;
    for (const auto& cycle : cycles_of(*this)) longest = std::max(longest, cycle.size());
    return longest;
}

std::vector<std::vector<std::size_t>> cycles_of(const rotation& of) {
    std::vector<std::vector<std::size_t>> result;
    std::vector<bool> seen(of.next.size(), false);
    for (std::size_t first = 0; first < of.next.size(); ++first) {
        if (seen[first] || of.next[first] == first) continue;
        result.emplace_back();
        for (std::size_t g = first; !seen[g]; g = of.next[g]) {
            seen[g] = true;
            result.back().push_back(g);
        }
    }
    return result;
}

rotation turning(std::size_t first, std::size_t parts, std::size_t all) {
    rotation made = none_of(all);
    for (std::size_t k = 0; k < parts; ++k) made.next[first + k] = first + (k + 1) % parts;
    return made;
}

rotation squared(const rotation& of) {
    rotation twice = of;
    for (auto& to : twice.next) to = of.next[to];
    return cycles_of(twice).empty() ? rotation{} : twice;
}

std::string to_string(const rotation& of) {
    std::string text;
    for (const auto& cycle : cycles_of(of)) {
        text += '(';
        for (std::size_t k = 0; k < cycle.size(); ++k)
            text += fmt::format("{}{}", k > 0 ? " " : "", cycle[k] + 1);
        text += ')';
    }
    return text;
}

rotation rotation_from(std::string_view text, std::size_t members) {
    return cycle_reader(text, members).read();
}

}  // namespace moebius
