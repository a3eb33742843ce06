// SPDX-License-Identifier: MIT
#include "layer_columns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <moebius/base/constants.hpp>
#include <optional>

#include "diagnose_distance.hpp"

namespace moebius::cli {
namespace {

template <std::size_t I>
std::string margin_of(const layer_diagnosis& far) {
    return I < far.margins.size() ? far.margins[I].of : std::string();
}

constexpr layer_text texts[] = {
    {"reason", "reasons", "why", [](const layer_diagnosis& far) { return far.reason; }},
    {"margin_of", "margins_of", "margin from", margin_of<0>},
    {"margin_2_of", "margins_2_of", "next margin from", margin_of<1>},
    {"margin_3_of", "margins_3_of", "third margin from", margin_of<2>},
    {"knob", "knobs", "what to turn", [](const layer_diagnosis& far) { return far.knob; }},
    {"no_K", "no_K", "why no K", [](const layer_diagnosis& far) { return far.untold; }},
    {"no_margin", "no_margin", "why no margin",
     [](const layer_diagnosis& far) { return far.untold_margin; }},
    {"had", "had", "rests on", [](const layer_diagnosis& far) { return far.had; }},
    {"notes", "layer_notes", "",
     [](const layer_diagnosis& far) { return fmt::format("{}", fmt::join(far.notes, "; ")); }}};

constexpr std::string_view margins[] = {"margin", "margin_2", "margin_3"};
static_assert(std::size(margins) == layer_diagnosis::most_margins);

void put_distance(const layer_diagnosis& far, row_writer& row) {
    put(far.feedback, "K", row);
    for (std::size_t i = 0; i < std::size(margins); ++i)
        put(i < far.margins.size() ? std::optional(far.margins[i]) : std::nullopt,
            std::string(margins[i]), row);
    row.put("warned_at", far.warned_at ? static_cast<double>(*far.warned_at) : not_a_number);
    row.put("collapsed_at",
            far.collapsed ? static_cast<double>(far.collapsed->first) : not_a_number);
    row.put("steps_left", far.steps_left.value_or(not_a_number));
    row.put("fold", far.limits ? far.limits->fold : not_a_number);
    row.put("balance", far.limits ? far.limits->balance : not_a_number);
    row.put("hopf", far.limits && far.limits->swings ? far.limits->onset() : not_a_number);
}

}  // namespace

void put_layer(const layer_state& state, const layer_diagnosis& far, row_writer& row) {
    row.put("steps", static_cast<double>(state.steps));
    row.put("first_step", static_cast<double>(state.first_step));
    row.put("last_step", static_cast<double>(state.last_step));
    for (const auto& measure : state_measures())
        row.put(std::string(measure.name), state.*measure.value);
    row.put("verdict", static_cast<double>(rank_of(far.verdict) + 1));
    put_distance(far, row);
}

std::vector<std::string> distance_columns() {
    table out;
    row_writer row(out);
    row.next();
    put_distance({}, row);
    std::erase_if(out.names, [](const std::string& name) {
        return name.ends_with("_low") || name.ends_with("_high");
    });
    return out.names;
}

std::span<const layer_text> layer_texts() { return texts; }

}  // namespace moebius::cli
