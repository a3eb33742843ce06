// SPDX-License-Identifier: MIT
#include "diagnose_terms.hpp"

#include <fmt/format.h>

#include <moebius/logs/load_state.hpp>

namespace moebius::cli {
namespace {

constexpr diagnose_term terms[] = {
    {"steps", "steps", "how many rows came, a row a step that is in the log"},
    {"first_step", "first step", "the number of the first step in the log"},
    {"last_step", "last step", "the number of the last step in the log"},
    {"verdict", "verdict",
     "what the router is doing, a word of verdicts, which go from the best to the worst; as a "
     "number its place among them, counted from 1 (layers are counted from 0)"},
    {"K", "K",
     "feedback beta / decay as measured, what a loop's scores gain per unit of load; with its 90 % "
     "interval"},
    {"margin", "margin",
     "what is left to the nearest danger, which is named beside it, as a share of it: 1 far away, "
     "0 there, below 0 beyond; with its 90 % interval"},
    {"margin_2", "next margin", "the same of the danger behind that"},
    {"margin_3", "third margin", "the same of the one behind that"},
    {"warned_at", "first warned of at step",
     "the first step at which a warning was there, whether it still is or not"},
    {"collapsed_at", "first collapsed at step",
     "the first step at which loads were as those of a collapsed router, in the mean of 50 "
     "records, "
     "whether they still are or not"},
    {"steps_left", "steps left",
     "at the growth that is seen, steps until one expert has half of what it can have (where a "
     "token chooses more than a quarter of the experts: twice an even share, or what is midway "
     "from an even share to what it can have), or "
     "half of the experts a tenth of even shares; an upper bound where more than two experts part, "
     "as their growth speeds up"},
    {"fold", "fold", "the K from which a collapsed state exists beside equal loads"},
    {"balance", "balance lost", "the K at which equal loads are lost without a controller"},
    {"hopf", "Hopf point", "the K at which loads begin to swing under the controller"},
    {"had", "rests on",
     "what its verdict rests on: counts, and scores, moments or a dither beside them"},
    {"history", "history",
     "how the loads of each layer went over the whole log, over the mean load: least, quarter, "
     "median, three_quarters and most of the experts; a row is of the mean loads of some steps, "
     "step the last of them"},
    {"percentiles", "percentiles",
     "of each measure over the layers of a log: percentile 0 is the least, 100 the largest, others "
     "lie linearly between neighbours"},
    {"margins", "margins", "margin and K of each layer as they were told at steps of the log"},
};

std::string definition_of(std::string_view name, std::string_view title,
                          std::string_view definition) {
    return name == title ? fmt::format("{}: {}", name, definition)
                         : fmt::format("{} ({}): {}", name, title, definition);
}

}  // namespace

std::span<const diagnose_term> diagnose_terms() { return terms; }

std::string_view title_of(std::string_view name) {
    for (const auto& one : state_measures())
        if (one.name == name) return one.title;
    for (const auto& one : terms)
        if (one.name == name) return one.title;
    return name;
}

std::vector<std::string> diagnose_definitions() {
    std::vector<std::string> out;
    for (const auto& one : state_measures())
        out.push_back(definition_of(one.name, one.title, one.definition));
    for (const auto& one : terms) out.push_back(definition_of(one.name, one.title, one.definition));
    return out;
}

std::string percentile_name(double percent) {
    if (percent == 0) return "least";
    return percent == 100 ? "most" : fmt::format("p{:.0f}", percent);
}

}  // namespace moebius::cli
