// SPDX-License-Identifier: MIT
#include "wide_columns.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace moebius {
namespace {

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

/// Of one expert.
struct pair_of_columns {
    std::uint32_t layer, expert;
    std::size_t load, score;  ///< `nowhere` if there is none

    [[nodiscard]] bool continues(const wide_columns::run& to) const {
        return layer == to.layer && expert == to.expert + to.loads.size() &&
               (score == nowhere) == to.scores.empty();
    }
};

std::vector<wide_columns::run> joined(std::vector<pair_of_columns> experts) {
    std::stable_sort(experts.begin(), experts.end(), [](const auto& a, const auto& b) {
        return std::tie(a.layer, a.expert) < std::tie(b.layer, b.expert);
    });
    std::vector<wide_columns::run> out;
    for (const auto& one : experts) {
        if (out.empty() || !one.continues(out.back()))
            out.push_back({one.layer, one.expert, {}, {}, true});
        else if (one.load != out.back().loads.back() + 1)
            out.back().in_order = false;
        out.back().loads.push_back(one.load);
        if (one.score != nowhere) out.back().scores.push_back(one.score);
    }
    return out;
}

}  // namespace

std::vector<wide_columns::run> wide_columns::runs(log_builder& to, bool in_rows,
                                                  const std::string& place) const {
    std::map<std::pair<std::string_view, std::uint32_t>, std::size_t> scores;
    const std::string* best = nullptr;
    for (const auto& one : columns_) {
        const auto kind = kind_of(one.of.family);
        if (kind.is_score)
            scores.try_emplace({one.of.layer, one.of.expert}, one.place);
        else if (best == nullptr || kind.rank < kind_of(*best).rank)
            best = &one.of.family;
    }
    std::vector<pair_of_columns> experts;
    for (const auto& one : columns_) {
        const auto& [family, layer, expert] = one.of;
        if (kind_of(family).is_score) continue;
        if (family != *best) {
            to.note_choice(*best, family, place);
            continue;
        }
        const auto score = scores.find({layer, expert});
        experts.push_back({in_rows ? 0 : to.part("").layer(layer.empty() ? "0" : layer), expert,
                           one.place, score == scores.end() ? nowhere : score->second});
    }
    auto out = joined(std::move(experts));
    for (auto one = out.begin(); one != out.end(); ++one)
        if (const auto next = std::next(one); next == out.end() || next->layer != one->layer)
            to.take_width(one->expert + one->loads.size(), [&] { return place; });
    return out;
}

}  // namespace moebius
