// SPDX-License-Identifier: MIT
// What the members of a record of JSON are.
#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <utility>

#include "column.hpp"
#include "json_log.hpp"
#include "load_names.hpp"

namespace moebius {

using nlohmann::json;

namespace {

std::string layer_in(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.is_number_float() ? fmt::format("{}", value.get<double>()) : value.dump();
}

}  // namespace

void json_log::find_flat(std::string_view name, const json& value) {
    auto of = value.is_array() ? layer_name_of(name) : expert_name_of(name);
    if (!of || value.is_object()) return;
    if (value.is_array() && are_ids_by_name(of->family)) return to_.add_other(name);
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
    has_layer_ = false;
    expert_ = copy_ = said_step_ = no_step_ = feedback_ = {};
    for (const auto& [name, value] : record.items()) find_member(name, value);
    if (expert_.value == nullptr) std::swap(expert_, copy_);
}

/// Another name may have the steps where this one has no number.
void json_log::find_step(const std::string& name, const json& value) {
    auto& to = value.is_number() ? said_step_ : no_step_;
    if (said_step_.value != nullptr && value.is_number())
        return to_.note(
            fmt::format("'{}' was not read: another name has the steps", excerpt(name)));
    to = {&value, name};
}

void json_log::find_member(const std::string& name, const json& value) {
    if (value.is_array() ? layer_name_of(name).has_value() : expert_name_of(name).has_value())
        return find_flat(name, value);
    const auto means = meaning_of(name);
    if (means == meaning::step && !value.is_structured()) {
        find_step(name, value);
    } else if (means == meaning::layer && !value.is_structured()) {
        if (value.is_null()) throw io_error(place(name), "it is null, but a layer is needed");
        has_layer_ = true;
        layer_ = layer_in(value);
    } else if (means == meaning::expert && !value.is_structured()) {
        auto& to = counts_physical_experts(name) ? copy_ : expert_;
        to = {&value, name};
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
    } else if (means == meaning::feedback && !value.is_structured() && !value.is_null()) {
        feedback_ = {&value, name};
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

}  // namespace moebius
