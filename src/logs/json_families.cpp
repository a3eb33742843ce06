// SPDX-License-Identifier: MIT
#include "json_families.hpp"

#include <algorithm>

#include "json_numbers.hpp"

namespace moebius {

using nlohmann::json;

bool has_numbers(const json_members& members) {
    return std::any_of(members.begin(), members.end(),
                       [](const auto& cell) { return is_number_or_row(*cell.second); });
}

const json_families::value_type* best_family(const json_families& all,
                                             family_kind::contents wanted) {
    const json_families::value_type* found = nullptr;
    for (const auto& one : all)
        if (has_numbers(one.second) && kind_of(one.first).of == wanted &&
            (found == nullptr || kind_of(one.first).rank < kind_of(found->first).rank))
            found = &one;
    return found;
}

namespace {

meaning contents_of(const std::string& name, const json& value, int depth);

/// Whether a record has loads, or records that do.
bool has_loads(const json& record, int depth) {
    return std::any_of(record.items().begin(), record.items().end(), [&](const auto& one) {
        return meaning_of(one.key()) == meaning::load || one.key() == "top_indices" ||
               expert_name_of(one.key()) || layer_name_of(one.key()) ||
               contents_of(one.key(), one.value(), depth + 1) != meaning::other;
    });
}

/// What the records of a member are of; other: it has none of loads.
meaning contents_of(const std::string& name, const json& value, int depth) {
    constexpr int deepest = 2;  // steps of layers of experts
    if (depth > deepest || !value.is_array() || value.empty()) return meaning::other;
    if (!std::all_of(value.begin(), value.end(), [](auto& one) { return one.is_object(); }) ||
        !has_loads(value.front(), depth))
        return meaning::other;
    const auto has = [&](const char* word) { return name.find(word) != std::string::npos; };
    if (has("layer") || has("block")) return meaning::layer;
    if (has("expert")) return meaning::expert;
    return has("record") || has("step") ? meaning::step : meaning::other;
}

bool says(const json& record, meaning wanted) {
    for (const auto& [name, value] : record.items())
        if (!value.is_structured() && meaning_of(name) == wanted) return true;
    return false;
}

}  // namespace

namespace {

/// What an array has as records, each with what stands beside the array.
std::vector<json> records_of(const json& list, meaning of, const json& beside) {
    std::vector<json> out;
    for (std::size_t place = 0; place < list.size(); ++place) {
        auto& made = out.emplace_back(beside);
        for (auto& [other, rows] : made.items())
            if (rows.is_array() && rows.size() == list.size() && rows.front().is_array()) {
                auto row = rows[place];
                rows = std::move(row);
            }
        made.update(list[place]);
        if (of == meaning::layer && !says(made, meaning::layer)) made["layer"] = place;
        if (of == meaning::expert && !says(made, meaning::expert)) made["expert"] = place;
    }
    return out;
}

}  // namespace

std::vector<json> records_within(const json& record) {
    const auto less = [&](const std::string& name) {
        auto beside = record;
        beside.erase(name);
        return beside;
    };
    for (const auto& [name, value] : record.items()) {
        if (const auto of = contents_of(name, value, 0); of != meaning::other)
            return records_of(value, of, less(name));
        if (!value.is_object() || name == "config") continue;
        for (const auto& [inner, list] : value.items())
            if (const auto of = contents_of(inner, list, 0); of != meaning::other)
                return records_of(list, of, less(name));
    }
    return {};
}

}  // namespace moebius
