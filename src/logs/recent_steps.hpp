// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <moebius/logs/load_log.hpp>
#include <span>
#include <vector>

#include "kept_record.hpp"

namespace moebius {

/// The last steps of a log that is followed, as many as 16 MiB hold.
class recent_steps {
public:
    void add(std::span<const load_record> step) {
        auto& to = steps_.emplace_back();
        for (const auto& one : step) {
            to.emplace_back(one);
            numbers_ += size_of(one);
        }
        while (numbers_ > most_numbers && steps_.size() > 1) {
            for (const auto& one : steps_.front()) numbers_ -= size_of(one.record());
            steps_.pop_front();
        }
    }

    void clear() {
        steps_.clear();
        numbers_ = 0;
    }

    /// Whether that step is among them, with the same numbers.
    [[nodiscard]] bool has(std::span<const load_record> step) const {
        const auto found = std::lower_bound(
            steps_.begin(), steps_.end(), step.front().step,
            [](const auto& kept, auto number) { return kept.front().record().step < number; });
        return found != steps_.end() &&
               std::equal(
                   step.begin(), step.end(), found->begin(), found->end(),
                   [](const auto& one, const auto& kept) { return are_same(one, kept.record()); });
    }

private:
    static constexpr std::size_t most_numbers = std::size_t{1} << 21;

    /// Also of a record without many numbers.
    static std::size_t size_of(const load_record& one) {
        return sizeof(kept_record) / sizeof(double) + one.loads.size() + one.scores.size() +
               one.dither.size() + one.moments.size();
    }
    static bool are_same(std::span<const double> a, std::span<const double> b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
            return x == y || (std::isnan(x) && std::isnan(y));
        });
    }
    static bool are_same(const load_record& a, const load_record& b) {
        return a.step == b.step && a.layer == b.layer && are_same(a.loads, b.loads) &&
               are_same(a.scores, b.scores) && are_same(a.dither, b.dither) &&
               are_same(a.moments, b.moments);
    }

    std::deque<std::vector<kept_record>> steps_;  ///< in increasing order
    std::size_t numbers_ = 0;
};

}  // namespace moebius
