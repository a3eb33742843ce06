// SPDX-License-Identifier: MIT
#include "wide_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <moebius/base/text.hpp>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace moebius {
namespace {

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

/// Of one expert.
struct pair_of_columns {
    std::string_view rank;
    std::uint32_t layer, expert;
    std::size_t load, score;  ///< `nowhere` if there is none

    [[nodiscard]] bool continues(const wide_columns::run& to) const {
        return rank == to.rank && layer == to.layer && expert == to.expert + to.loads.size() &&
               (score == nowhere) == to.scores.empty();
    }
};

/// A table with a column an expert has one of the first: where it is expert 1, they are numbered
/// from 1.
void number_from_0(std::vector<pair_of_columns>& experts, log_builder& to) {
    const auto is_first = [](const auto& one) { return one.expert == 0; };
    if (experts.empty() || std::any_of(experts.begin(), experts.end(), is_first)) return;
    const auto is_second = [](const auto& one) { return one.expert == 1; };
    if (std::none_of(experts.begin(), experts.end(), is_second)) return;
    for (auto& one : experts) --one.expert;
    to.note("its experts are numbered from 1: there is no column of expert 0");
}

std::vector<wide_columns::run> joined(std::vector<pair_of_columns> experts) {
    std::stable_sort(experts.begin(), experts.end(), [](const auto& a, const auto& b) {
        return std::tie(a.rank, a.layer, a.expert) < std::tie(b.rank, b.layer, b.expert);
    });
    std::vector<wide_columns::run> out;
    for (const auto& one : experts) {
        if (out.empty() || !one.continues(out.back()))
            out.push_back({one.layer, one.expert, {}, {}, true, one.rank});
        else if (one.load != out.back().loads.back() + 1)
            out.back().in_order = false;
        out.back().loads.push_back(one.load);
        if (one.score != nowhere) out.back().scores.push_back(one.score);
    }
    return out;
}

/// An expert before others that has no column was not logged, which is no load of 0.
/// @param layers  their names; none where rows have a layer each
void refuse_gaps(const std::vector<wide_columns::run>& runs, const std::vector<std::string>& layers,
                 const std::string& place) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const bool goes_on =
            i > 0 && runs[i].layer == runs[i - 1].layer && runs[i].rank == runs[i - 1].rank;
        const std::size_t next = goes_on ? runs[i - 1].expert + runs[i - 1].loads.size() : 0;
        if (runs[i].expert > next)
            throw io_error(place,
                           fmt::format("{} a column of expert {} and none of {}, but the "
                                       "loads of all experts are needed",
                                       layers.empty() ? "it has"
                                                      : fmt::format("layer {} has",
                                                                    excerpt(layers[runs[i].layer])),
                                       runs[i].expert, next));
    }
}

}  // namespace

/// Most are of the family of the one before.
void wide_columns::add(std::size_t place, expert_name of) {
    const bool is_next = !columns_.empty() && columns_.back().of.family == of.family;
    const auto kind = is_next ? columns_.back().kind : kind_of(of.family);
    columns_.push_back({place, std::move(of), kind});
}

const std::string* wide_columns::best_family() const {
    const column* best = nullptr;
    for (const auto& one : columns_)
        if (one.kind.of == family_kind::contents::loads &&
            (best == nullptr || one.kind.rank < best->kind.rank))
            best = &one;
    return best == nullptr ? nullptr : &best->of.family;
}

std::string wide_columns::families() const {
    std::set<std::string_view> all;
    for (const auto& one : columns_) all.insert(one.of.family);
    std::string out;
    for (const auto family : all) add_name(out, family);
    return out;
}

std::vector<wide_columns::run> wide_columns::runs(log_builder& to, bool in_rows,
                                                  const std::string& place) const {
    using contents = family_kind::contents;
    std::map<std::tuple<std::string_view, std::string_view, std::uint32_t>, std::size_t> scores;
    for (const auto& [at, of, kind] : columns_)
        if (kind.of == contents::scores) scores.try_emplace({of.rank, of.layer, of.expert}, at);
    const auto* const best = best_family();
    if (best != nullptr) to.note_family(*best);
    std::vector<pair_of_columns> experts;
    for (const auto& [at, of, kind] : columns_) {
        if (kind.of != contents::loads) continue;
        if (of.family != *best) {
            to.note_choice(*best, of.family, place);
            continue;
        }
        if (!of.rank.empty()) to.add_rank(of.rank);
        const auto score = scores.find({of.rank, of.layer, of.expert});
        experts.push_back(
            {of.rank,
             in_rows ? 0
                     : to.part("").layer(of.layer.empty() ? "0" : of.layer, [&] { return place; }),
             of.expert, at, score == scores.end() ? nowhere : score->second});
    }
    number_from_0(experts, to);
    auto out = joined(std::move(experts));
    refuse_gaps(out, in_rows ? std::vector<std::string>{} : to.part("").layers(), place);
    for (auto one = out.begin(); one != out.end(); ++one)
        if (const auto next = std::next(one);
            next == out.end() || next->layer != one->layer || next->rank != one->rank)
            to.take_width(one->expert + one->loads.size(), [&] { return place; });
    return out;
}

}  // namespace moebius
