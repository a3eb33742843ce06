// SPDX-License-Identifier: MIT
#include "log_builder.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <utility>

#include "column.hpp"
#include "load_names.hpp"
#include "notes.hpp"

namespace moebius {
namespace {

constexpr std::string_view evaluation_left_out =
    "rows of evaluation were left out, as there are rows of training";

}  // namespace

void log_builder::note(std::string sentence) { add_note(notes, std::move(sentence)); }

void log_builder::note_family(std::string_view of_loads) {
    if (!kind_of(of_loads).says_loads)
        note(fmt::format("'{}' was read as loads, which its name does not say", excerpt(of_loads)));
    note_kind(of_loads);
}

void log_builder::note_kind(std::string_view of_loads) {
    if (auto local = note_of_local(of_loads); !local.empty() && !adds_up) note(std::move(local));
    if (auto copies = note_of_copies(of_loads); !copies.empty() && !knows_copies)
        note(std::move(copies));
}

void log_builder::note_choice(std::string_view read, std::string_view left,
                              const std::string& place) {
    if (differ_in_numbers(read, left))
        throw io_error(place, fmt::format("'{}' and '{}' differ in their numbers, but only after "
                                          "'layer' or 'block' a number is that of a layer",
                                          excerpt(read), excerpt(left)));
    note(fmt::format("'{}' was read, and '{}' was not", excerpt(read), excerpt(left)));
}

bool log_builder::reads(const std::string& of_loads) {
    constexpr std::size_t most_names = 20;  // for sentences
    if (family == of_loads) return true;
    const bool better = !family || rank_of_column(of_loads) < rank_of_column(*family);
    if (!better) {
        if (left_out.size() < most_names) left_out.insert(of_loads);
        return false;
    }
    if (family) left_out.insert(*family);
    family = of_loads;
    parts.clear();
    width_ = 0;
    return true;
}

bool log_builder::reads_evaluation() {
    if (has_training_) note(std::string(evaluation_left_out));
    has_evaluation_ = true;
    return !has_training_;
}

void log_builder::forget_evaluation() {
    for (auto& [name, table] : parts) table.forget_rows();
    settings = {};
    family.reset();
    left_out.clear();
    note(std::string(evaluation_left_out));
}

void add_name(std::string& list, std::string_view name) {
    constexpr std::size_t enough = 120;
    if (list.size() > enough) return;
    if (!list.empty()) list += ", ";
    list += excerpt(name, 40);
}

std::vector<double>& log_builder::values_of(std::string_view name) {
    for (auto& one : series)
        if (one.name == name) return one.values;
    return series.emplace_back(named_series{std::string(name), {}}).values;
}

std::vector<std::string> log_builder::notes_of_ranks() const {
    if (ranks.empty()) return {};
    if (ranks.size() == 1)
        return {fmt::format("the counts are those of rank {} alone, not of all",
                            excerpt(ranks.begin()->first))};
    if (has_copied_ranks)
        return {
            fmt::format("the counts of {} ranks are the same in all steps: each has those of "
                        "all, and they count once",
                        ranks.size())};
    return {fmt::format("the counts of {} ranks were added up", ranks.size())};
}

std::vector<std::string> log_builder::notes_of_missing_ranks() const {
    constexpr std::size_t longest = 6;  // of a rank's number
    std::set<std::size_t> met;
    for (const auto& [rank, place] : ranks) {
        const bool is_number = !rank.empty() && rank.size() <= longest &&
                               rank.find_first_not_of("0123456789") == rank.npos;
        if (!is_number) return {};
        met.insert(std::stoul(rank));
    }
    if (met.size() < 2 || has_copied_ranks) return {};
    std::string list;
    for (std::size_t rank = *met.begin(); rank < *met.rbegin() && list.size() <= 120; ++rank)
        if (!met.contains(rank)) add_name(list, std::to_string(rank));
    if (list.empty()) return {};
    return {
        fmt::format("counts came of ranks {} to {}, but none of {}: where these have tokens, "
                    "too, theirs are missing",
                    *met.begin(), *met.rbegin(), list)};
}

std::vector<std::string> log_builder::notes_of_ended_ranks(const load_table& table) const {
    std::vector<std::string> said;
    for (const auto& [rank, place] : ranks)
        if (const auto found = table.ended_ranks().find(place); found != table.ended_ranks().end())
            said.push_back(fmt::format(
                "rank {} has no rows behind step {}, where others go on: the sums of later steps "
                "are without it",
                excerpt(rank), found->second));
    return said;
}

/// Where experts without a load have no row, the last ones may have none at all. Records that all
/// have the same experts show that rows of 0 are not left out.
std::vector<std::string> log_builder::notes_of_experts(const load_table& table,
                                                       std::size_t experts) const {
    std::vector<std::string> said;
    if (table.is_from_1())
        said.emplace_back("its experts are numbered from 1: no layer has a load of expert 0");
    const bool may_lack_rows =
        width_ == 0 && !names_experts && !table.has_zero() &&
        (!table.complete() || table.records() == 1 || has_chosen_alone || has_choices);
    const std::string without =
        table.complete() ? "no row has a load of 0" : "experts without a row count as 0";
    if (may_lack_rows && experts == 0)
        said.push_back(fmt::format(
            "{}: experts are taken to be {}, the highest that has a row, plus one; --experts says "
            "otherwise",
            without, table.experts()));
    else if (!table.complete())
        said.push_back(fmt::format("{}, of {} in all", without, table.experts()));
    if (table.first_expert() == 1)
        said.emplace_back(
            "no layer has a row of expert 0, which counts as dead: where experts are numbered "
            "from 1, there is one fewer, and it is none of them");
    return said;
}

void log_builder::note_what_is_read(const std::string& file) {
    if (family) note_family(*family);
    for (const auto& other : left_out) note_choice(*family, other, file);
    for (auto& sentence : notes_of_ranks()) note(std::move(sentence));
    if (auto sentence = settings.note(head); !sentence.empty()) note(std::move(sentence));
}

std::vector<std::string> log_builder::notes_of(const load_table& table, const std::string& file,
                                               std::size_t experts) {
    note_what_is_read(file);
    auto said = notes;
    for (auto& sentence : notes_of_experts(table, experts)) said.push_back(std::move(sentence));
    for (auto& sentence : table.texts_of_repeats()) said.push_back(std::move(sentence));
    if (!table.ending().empty()) said.push_back(table.ending());
    for (const auto& layer : table.layers())
        if (table.layers().size() > 1 && is_summary_name(layer))
            said.push_back(fmt::format(
                "layer '{}' was read as one of the layers, though its name is that of a summary",
                excerpt(layer)));
    return said;
}

std::vector<opened_log> log_builder::finish(const std::string& file, std::size_t experts) {
    std::vector<opened_log> out;
    for (auto& [name, table] : parts) {
        if (table.empty()) continue;
        table.finish(file, least_experts(experts));
        has_copied_ranks = has_copied_ranks || table.has_copied_ranks();
        auto said = notes_of(table, file, least_experts(experts));
        add_notes(said, notes_of_missing_ranks());
        add_notes(said, notes_of_ended_ranks(table));
        out.push_back(
            {name, std::make_unique<table_log>(std::move(table), head), series, std::move(said)});
    }
    if (!out.empty()) return out;
    std::string names;
    for (const auto& name : summaries) add_name(names, name);
    if (!names.empty())
        throw io_error(file, fmt::format("summaries are no log: it has {}, but the load of each "
                                         "expert is needed",
                                         names));
    for (const auto& name : others) {
        if (are_ids_by_name(name)) throw io_error(file, fault_of_ids(name));
        add_name(names, name);
    }
    throw io_error(file, names.empty()
                             ? "it has no loads in it, but a row or more are needed"
                             : fmt::format("no name in it is known to be of loads: it has {}, but "
                                           "counts, loads or tokens_per_expert (of all experts), "
                                           "or layer_0/expert_0 (of each) is needed",
                                           names));
}

}  // namespace moebius
