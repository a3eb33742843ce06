// SPDX-License-Identifier: MIT
#include "json_log.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <optional>
#include <utility>

#include "column.hpp"
#include "expert_copies.hpp"
#include "load_names.hpp"
#include "row_phase.hpp"

namespace moebius {

using nlohmann::json;

void json_log::take_settings(const json& record) {
    if (const auto config = record.find("config"); config != record.end())
        for (auto& said :
             read_config(config->is_string() ? config->get<std::string>() : config->dump(), place(),
                         to_.head))
            to_.note(std::move(said));
    if (!to_.head.said_experts)
        to_.head.said_experts = number_member(record, {"num_experts", "n_experts"}, place());
    to_.settings.take(number_member(record, {"top_k", "topk"}, place()),
                      number_member(record, {"tokens", "num_tokens"}, place()),
                      has_loads_of_all() && !to_.adds_up, to_.head);
}

void json_log::take_record(const json& record) {
    if (!record.is_object()) fail("a record must be an object: {\"step\": 0, \"layer\": ...}");
    if (const auto within = records_within(record); !within.empty()) {
        for (const auto& one : within) take_record(one);
        ends_step_ = true;
        return;
    }
    const bool is_evaluation = phase_of(record) == row_phase::evaluation;
    if (is_evaluation && !to_.reads_evaluation()) return;
    find_members(record);
    const bool has_loads = has_loads_of_all() || record.contains("top_indices") ||
                           (expert_.value != nullptr && single_.loads != nullptr);
    if (has_loads) ends_step_ = !has_layer_ && expert_.value == nullptr;
    if (!is_evaluation && has_loads) to_.begin_training();
    take_settings(record);
    to_.knows_copies = map_.take(record, place());
    if (record.contains("top_indices")) return take_trace(record);
    if (expert_.value != nullptr && single_.loads != nullptr) return take_cell();
    if (arrays_.loads != nullptr) return take_arrays();
    take_flat();
}

/// A row an expert.
void json_log::take_cell() {
    require_step();
    if (!to_.reads(single_.name)) return;
    const double load =
        checked_load(number(*single_.loads, single_.name), [this] { return place(); });
    const double expert = number(*expert_.value, "expert");
    if (copy_.value == nullptr) {
        to_.note_kind(expert_.name);
    } else {
        to_.add_copies(expert_.name, copy_.name);
        if (expert == free_place)
            return require_no_load(number(*copy_.value, copy_.name), load, place(expert_.name));
    }
    auto& to = to_.part("");
    load_cell cell{.step = step_, .layer = to.layer(layer_, [this] { return place(); })};
    cell.expert = checked_expert(expert, [this] { return place("expert"); });
    cell.load = load;
    if (single_.scores != nullptr) cell.score = number(*single_.scores, "score");
    to.add(cell);
}

/// A row of numbers, or one a layer.
void json_log::take_arrays() {
    require_step();
    if (!to_.reads(arrays_.name)) return;
    const auto& loads = *arrays_.loads;
    if (loads.empty()) fail("its loads are empty, but one of each expert is needed");
    if (loads.is_array() && !loads.front().is_array()) return take_row(layer_, arrays_);
    if (loads.is_object() && loads.front().is_number()) return take_by_expert(layer_, loads);
    for (const auto& [name, row] : loads.items()) {
        const auto of = [&name = name](const json* all) { return row_of(all, name); };
        const auto layer = layer_name_of(name);
        if (row.is_object()) {
            take_by_expert(layer ? layer->layer : name, row);
            continue;
        }
        take_row(layer ? layer->layer : name,
                 {&row, of(arrays_.scores), of(arrays_.dither), of(arrays_.moments), arrays_.name},
                 name);
    }
}

/// Of chosen experts, or of all, by their numbers.
void json_log::take_by_expert(std::string_view layer, const json& loads) {
    if (map_.is_there() && !counts_logical_experts(arrays_.name))
        fail("loads of physical experts must be an array, as their map");
    if (arrays_.scores != nullptr) to_.note("scores beside loads by experts' names are not read");
    auto& to = to_.part("");
    const auto at = to.layer(layer, [this] { return place(); });
    for (const auto& [expert, load] : by_expert(loads, arrays_.name, here()))
        to.add({.step = step_, .layer = at, .expert = expert, .load = load});
}

void json_log::take_row(std::string_view layer, const array_set& of,
                        std::optional<std::string_view> row) {
    const auto at = here();
    const auto values = json_numbers(*of.loads, "loads", at);
    for (const double value : values) (void)checked_load(value, [&] { return at.of("loads"); });
    if (map_.is_there()) {
        const auto logical = map_.logical(of.name, values, row, to_, place());
        if (!to_.adds_up) to_.take_width(logical.size(), [this] { return place(); });
        return add_row(layer, logical);
    }
    const auto beside = [&](const json* list, std::string_view what) {
        auto out = list == nullptr ? std::vector<double>{} : json_numbers(*list, what, at);
        if (!out.empty() && out.size() != values.size())
            fail(fmt::format("it has {} loads and {} of '{}', but there must be as many",
                             values.size(), out.size(), what));
        return out;
    };
    to_.take_width(values.size(), [this] { return place(); });
    to_.settings.compare(std::accumulate(values.begin(), values.end(), 0.0));
    add_row(layer, values,
            {beside(of.scores, "scores"), beside(of.dither, "dither"),
             of.moments == nullptr ? std::vector<double>{}
                                   : json_square(*of.moments, values.size(), "moments", at)});
}

void json_log::add_row(std::string_view layer, std::span<const double> loads,
                       const probes& beside) {
    auto& to = to_.part("");
    if (!to.empty() && to.has_moments() == beside.moments.empty())
        fail("either all records of loads or none must have moments");
    to.add({step_, to.layer(layer, [this] { return place(); }), 0, loads, beside.scores,
            beside.dither, beside.moments, feedback()});
}

/// Of all experts where their number is known, or of those that were chosen.
void json_log::take_trace(const json& record) {
    require_step();
    to_.adds_up = true;
    to_.note(
        "a router trace was counted: records of one step and layer (ranks, micro-batches) were "
        "added up");
    const auto counts = trace_.counts(record, here());
    if (trace_.experts() > 0) {
        to_.take_width(counts.size(), [this] { return place("logit_shape"); });
        return add_row(layer_, counts);
    }
    to_.has_chosen_alone = true;
    auto& to = to_.part("");
    const auto layer = to.layer(layer_, [this] { return place(); });
    for (std::uint32_t e = 0; e < counts.size(); ++e)
        if (counts[e] > 0) to.add({.step = step_, .layer = layer, .expert = e, .load = counts[e]});
}

/// Names as the columns of a CSV.
void json_log::take_flat() {
    using contents = family_kind::contents;
    const auto* const loads = best_family(flat_, contents::loads);
    const auto* const scores = best_family(flat_, contents::scores);
    if (loads == nullptr) {  // something else was logged
        if (const auto* const others = best_family(flat_, contents::others))
            to_.summaries.insert(others->first);
        return;
    }
    require_step();
    if (!to_.reads(loads->first)) return;
    for (const auto& one : flat_)
        if (one.first != loads->first && kind_of(one.first).of == contents::loads &&
            has_numbers(one.second))
            to_.note_choice(loads->first, one.first, place());
    for (const auto& [of, value] : loads->second) {
        if (!of.rank.empty()) to_.add_rank(of.rank);
        auto& to = to_.part("");
        const auto& layer = of.layer.empty() ? layer_ : of.layer;
        const json* score = nullptr;
        if (scores != nullptr)
            for (const auto& [name, beside] : scores->second)
                if (name.layer == of.layer && name.expert == of.expert && name.rank == of.rank)
                    score = beside;
        if (value->is_array()) {
            take_row(layer, {value, score, nullptr, nullptr, loads->first});
            continue;
        }
        to.needs_all = to_.names_experts = true;
        load_cell cell{.step = step_, .layer = to.layer(layer, [this] { return place(); })};
        cell.expert = checked_expert(of.expert, [this] { return place(); });
        cell.load = checked_load(number(*value, loads->first), [this] { return place(); });
        if (score != nullptr) cell.score = number(*score, "score");
        to.add(cell);
    }
}

std::unique_ptr<line_parser> json_parser(log_builder& to, std::string file) {
    return std::make_unique<json_log>(to, std::move(file));
}

}  // namespace moebius
