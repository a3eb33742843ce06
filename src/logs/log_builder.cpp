// SPDX-License-Identifier: MIT
#include "log_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <utility>

namespace moebius {

void log_builder::note(std::string sentence) {
    if (std::find(notes.begin(), notes.end(), sentence) == notes.end())
        notes.push_back(std::move(sentence));
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

std::vector<opened_log> log_builder::finish(const std::string& file, std::size_t experts) {
    std::vector<opened_log> out;
    if (ranks.size() == 1)
        note(fmt::format("the counts are those of rank {} alone, not of all",
                         excerpt(*ranks.begin())));
    if (ranks.size() > 1) note(fmt::format("the counts of {} ranks were added up", ranks.size()));
    for (auto& [name, table] : parts) {
        if (table.empty()) continue;
        table.finish(file, experts);
        auto said = notes;
        if (!table.complete())
            said.push_back(
                fmt::format("experts without a row count as 0, of {} in all: where the last ones "
                            "were never chosen, --experts says how many there are",
                            table.experts()));
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
    throw io_error(file, "it has no loads in it, but a row or more are needed");
}

}  // namespace moebius
