// SPDX-License-Identifier: MIT
#include "plan_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace moebius {
namespace {

using plan_json = nlohmann::json;  // in the order of keys

plan_json text_of(const plan_axis& axis) {
    plan_json out;
    out[axis.is_option ? "option" : "parameter"] = axis.name;
    if (!axis.values.empty()) {
        out["values"] = axis.values;
        return out;
    }
    out["from"] = axis.from;
    out["to"] = axis.to;
    if (axis.points > 0) out["points"] = axis.points;
    if (axis.logarithmic) out["spacing"] = "log";
    return out;
}

plan_json text_of(const std::vector<std::uint64_t>& seeds) {
    const auto apart =
        std::adjacent_find(seeds.begin(), seeds.end(), [](auto a, auto b) { return b != a + 1; });
    if (apart != seeds.end() || seeds.size() > most_counted_seeds) return seeds;
    return {{"from", seeds.front()}, {"count", seeds.size()}};
}

plan_json text_of(const plan_refinement& refined, const std::vector<plan_quantity>& keep) {
    plan_json out{{"halvings", refined.halvings}, {"of", keep[refined.of].name}};
    if (refined.level)
        out["level"] = *refined.level;
    else
        out["by"] = refined.by;
    return out;
}

}  // namespace

std::string text_of(const sweep_plan& plan) {
    plan_json out{{"schema", "moebius.plan/1"}, {"command", plan.command}};
    for (const auto& axis : plan.axes) out["axes"].push_back(text_of(axis));
    if (plan.layout == plan_layout::list) out["layout"] = "list";
    if (plan.layout == plan_layout::latin)
        out["layout"] = {{"latin", plan.samples}, {"seed", plan.latin_seed}};
    if (!plan.seeds.empty()) out["seeds"] = text_of(plan.seeds);
    for (const auto& one : plan.keep) out["keep"][one.name] = one.pointer;
    if (plan.refined.halvings > 0) out["refine"] = text_of(plan.refined, plan.keep);
    return out.dump();
}

}  // namespace moebius
