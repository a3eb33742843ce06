// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <utility>

#include "column.hpp"
#include "expert_map.hpp"
#include "json_families.hpp"
#include "json_numbers.hpp"
#include "load_names.hpp"
#include "log_builder.hpp"
#include "router_trace.hpp"
#include "row_phase.hpp"

namespace moebius {
namespace {

using nlohmann::json;

/// A record a line.
class json_log final : public line_parser {
public:
    json_log(log_builder& to, std::string file) : to_(to), file_(std::move(file)) {}

    void take(std::string_view line) override {
        constexpr std::size_t longest = std::size_t{1} << 26;
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        ++line_;
        if (line_ == 1 && line.starts_with(byte_order_mark))
            line.remove_prefix(byte_order_mark.size());
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
        if (line.size() > longest)
            fail(fmt::format("it has {} bytes, but {} are the most of a record", line.size(),
                             longest));
        try {
            take_record(json::parse(line));
        } catch (const json::exception& e) {
            const std::string_view words = e.what();
            fail(fmt::format(
                "it is no JSON record: {}",
                excerpt(words.substr(std::min(words.find("] ") + 2, words.size())), 120)));
        }
    }

private:
    [[nodiscard]] json_place here() const { return {file_, line_}; }
    [[nodiscard]] std::string place() const { return here().text(); }
    [[nodiscard]] std::string place(std::string_view name) const { return here().of(name); }
    [[noreturn]] void fail(std::string_view reason) const { throw io_error(place(), reason); }

    void take_record(const json& record);
    void find_members(const json& record);
    [[nodiscard]] bool has_loads_of_all() const {
        return arrays_.loads != nullptr ||
               best_family(flat_, family_kind::contents::loads) != nullptr;
    }
    void take_settings(const json& record);
    void find_member(const std::string& name, const json& value);
    void find_loads(const std::string& name, const json& value);
    void find_flat(std::string_view name, const json& value);
    void find_nested(const std::string& name, const json& object, int depth);
    void take_by_expert(std::string_view layer, const json& loads);
    [[nodiscard]] double number(const json& value, std::string_view what) const {
        return json_number(value, what, here());
    }
    void take_cell();
    void take_arrays();
    void take_row(std::string_view layer, const array_set& of,
                  std::optional<std::string_view> row = {});
    void take_trace(const json& record);
    void take_flat();
    void add_row(std::string_view layer, std::span<const double> loads, const probes& beside = {});
    void require_step() const {
        if (!has_step_) fail("a record of loads has no step, but each needs one");
    }

    log_builder& to_;
    std::string file_;
    std::size_t line_ = 0;
    expert_map map_;
    router_trace trace_;

    // of the record at hand
    std::int64_t step_ = 0;
    std::string layer_;
    bool has_step_ = false;
    double feedback_ = 0;  ///< NaN: none
    const json* expert_ = nullptr;
    array_set arrays_, single_;  ///< of all experts, and of one
    json_families flat_;
};

void json_log::find_flat(std::string_view name, const json& value) {
    auto of = value.is_array() ? layer_name_of(name) : expert_name_of(name);
    if (!of || value.is_object()) return;
    auto family = of->family;
    flat_[std::move(family)].emplace_back(std::move(*of), &value);
}

/// Of several names the one that tells most is read.
void json_log::find_loads(const std::string& name, const json& value) {
    if (value.is_string()) throw io_error(place(name), "it is a text, but numbers are needed");
    auto& to = value.is_structured() ? arrays_ : single_;
    if (to.loads != nullptr) {
        const bool better = rank_of_column(name) < rank_of_column(to.name);
        to_.note_choice(better ? name : to.name, better ? to.name : name, place());
        if (!better) return;
    }
    to.loads = &value;
    to.name = name;
}

void json_log::find_members(const json& record) {
    arrays_ = {};
    single_ = {};
    flat_.clear();
    layer_.assign(1, '0');
    has_step_ = false;
    expert_ = nullptr;
    feedback_ = std::numeric_limits<double>::quiet_NaN();
    for (const auto& [name, value] : record.items()) find_member(name, value);
}

void json_log::find_member(const std::string& name, const json& value) {
    if (value.is_array() ? layer_name_of(name).has_value() : expert_name_of(name).has_value())
        return find_flat(name, value);
    const auto means = meaning_of(name);
    if (means == meaning::step && value.is_number()) {
        if (has_step_)
            return to_.note(
                fmt::format("'{}' was not read: another name has the steps", excerpt(name)));
        step_ = checked_step(value.get<double>(), [&] { return place(name); });
        has_step_ = true;
    } else if (means == meaning::layer && !value.is_structured()) {
        if (value.is_null()) throw io_error(place(name), "it is null, but a layer is needed");
        layer_ = value.is_string() ? value.get<std::string>() : value.dump();
    } else if (means == meaning::expert && !value.is_structured()) {
        expert_ = &value;
    } else if (means == meaning::rank) {
        to_.add_rank(value.dump());
    } else if (means == meaning::micro_batch) {
        to_.add_micro_batches();
    } else if (means == meaning::load) {
        find_loads(name, value);
    } else if (means == meaning::score) {
        (value.is_structured() ? arrays_ : single_).scores = &value;
    } else if (means == meaning::dither) {
        arrays_.dither = &value;
    } else if (means == meaning::moments) {
        arrays_.moments = &value;
    } else if (means == meaning::feedback && value.is_number()) {
        feedback_ = number(value, name);
    } else {
        if (value.is_object() && name != "config") find_nested(name, value, 1);
        if ((means == meaning::series || means == meaning::summary) && value.is_number()) {
            to_.summaries.insert(name);
            if (means == meaning::series) to_.values_of(name).push_back(value.get<double>());
        } else if (means == meaning::other && !value.is_string() && name != "config") {
            to_.add_other(name);
        }
    }
}

/// Loads within objects have the names of these before their own: moe/layer_0/counts.
void json_log::find_nested(const std::string& name, const json& object, int depth) {
    constexpr int deepest = 4;
    for (const auto& [key, value] : object.items()) {
        const auto whole = name + '/' + key;
        if (value.is_object() && depth < deepest) find_nested(whole, value, depth + 1);
        const auto of = value.is_array() ? layer_name_of(whole) : expert_name_of(whole);
        if (of && kind_of(of->family).says_loads) find_flat(whole, value);
    }
}

void json_log::take_settings(const json& record) {
    if (const auto config = record.find("config"); config != record.end())
        read_config(config->is_string() ? config->get<std::string>() : config->dump(), place(),
                    to_.head);
    to_.settings.take(number_member(record, {"top_k", "topk"}),
                      number_member(record, {"tokens", "num_tokens"}),
                      has_loads_of_all() && !to_.adds_up, to_.head);
}

void json_log::take_record(const json& record) {
    if (!record.is_object()) fail("a record must be an object: {\"step\": 0, \"layer\": ...}");
    if (const auto within = records_within(record); !within.empty()) {
        for (const auto& one : within) take_record(one);
        return;
    }
    const bool is_evaluation = phase_of(record) == row_phase::evaluation;
    if (is_evaluation && !to_.reads_evaluation()) return;
    find_members(record);
    const bool has_loads = has_loads_of_all() || record.contains("top_indices") ||
                           (expert_ != nullptr && single_.loads != nullptr);
    if (!is_evaluation && has_loads) to_.begin_training();
    take_settings(record);
    to_.knows_copies = map_.take(record, place());
    if (record.contains("top_indices")) return take_trace(record);
    if (expert_ != nullptr && single_.loads != nullptr) return take_cell();
    if (arrays_.loads != nullptr) return take_arrays();
    take_flat();
}

/// A row an expert.
void json_log::take_cell() {
    require_step();
    if (!to_.reads(single_.name)) return;
    auto& to = to_.part("");
    load_cell cell{.step = step_, .layer = to.layer(layer_)};
    cell.expert = checked_expert(number(*expert_, "expert"), [this] { return place("expert"); });
    cell.load = checked_load(number(*single_.loads, single_.name), [this] { return place(); });
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
    const auto at = to.layer(layer);
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
    to.add({step_, to.layer(layer), 0, loads, beside.scores, beside.dither, beside.moments,
            feedback_});
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
    auto& to = to_.part("");
    const auto layer = to.layer(layer_);
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
        load_cell cell{.step = step_, .layer = to.layer(layer)};
        cell.expert = checked_expert(of.expert, [this] { return place(); });
        cell.load = checked_load(number(*value, loads->first), [this] { return place(); });
        if (score != nullptr) cell.score = number(*score, "score");
        to.add(cell);
    }
}

}  // namespace

std::unique_ptr<line_parser> json_parser(log_builder& to, std::string file) {
    return std::make_unique<json_log>(to, std::move(file));
}

}  // namespace moebius
