// SPDX-License-Identifier: MIT
#include "diagnose_line.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <moebius/base/text.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "layer_columns.hpp"
#include "report_lines.hpp"

namespace moebius::cli {
namespace {

using json = nlohmann::ordered_json;

json layer_json(const std::string& name, const layer_state& state, const layer_diagnosis& far) {
    table numbers;
    row_writer row(numbers);
    row.next();
    put_layer(state, far, row);
    json out{{"layer", name}};
    for (std::size_t c = 0; c < numbers.names.size(); ++c) {
        const double value = numbers.columns[c].front();
        const bool is_whole = std::abs(value) < largest_number && value == std::floor(value);
        // where it is not finite JSON has null
        out[numbers.names[c]] = is_whole ? json(static_cast<std::int64_t>(value)) : json(value);
    }
    out["verdict"] = to_string(far.verdict);
    for (const auto& one : layer_texts()) out[std::string(one.column)] = one.of(far);
    return out;
}

/// The place of the first layer with the worst verdict; none where no layer came.
std::optional<std::size_t> worst_layer(const std::vector<layer_diagnosis>& distances) {
    const auto verdict = worst_of(distances);
    for (std::size_t l = 0; l < distances.size(); ++l)
        if (distances[l].verdict == verdict) return l;
    return std::nullopt;
}

/// A verdict, of which layer, and the first words of why.
std::string verdict_text(const log_head& head, const std::vector<layer_diagnosis>& distances) {
    constexpr std::size_t longest = 80;
    const auto place = worst_layer(distances);
    if (!place) return std::string(to_string(worst_of(distances)));
    const auto& far = distances[*place];
    const auto why = std::string_view(far.reason).substr(0, far.reason.find_first_of(":;"));
    return fmt::format("{} (layer {}{}{})", to_string(far.verdict),
                       excerpt(head.layers[*place], 30), why.empty() ? "" : ": ",
                       excerpt(why, longest));
}

/// Empty where no layer was ever warned of.
std::string warned_text(const log_head& head, const std::vector<layer_diagnosis>& distances) {
    const auto first = first_warning_of(distances);
    if (!first) return {};
    return fmt::format("  first warned of at step {} (layer {})", first->step,
                       excerpt(head.layers[first->layer], 30));
}

}  // namespace

std::string step_line(const log_head& head, const std::vector<layer_state>& states,
                      const std::vector<layer_diagnosis>& distances) {
    if (states.empty()) return {};
    // of layers without a load nothing is measured
    const auto least = [](double x) { return std::isnan(x) ? -1 : x; };
    const auto worst = std::max_element(states.begin(), states.end(),
                                        [&](const layer_state& a, const layer_state& b) {
                                            return least(a.max_over_mean) < least(b.max_over_mean);
                                        });
    const auto place = static_cast<std::size_t>(worst - states.begin());
    double dead = 0;
    std::size_t experts = 0;
    std::int64_t step = 0;
    for (const auto& one : states) {
        if (one.steps > 0) step = std::max(step, one.last_step);
        if (std::isnan(one.dead)) continue;
        dead += one.dead;
        experts += head.experts;
    }
    return fmt::format(
        "step {}  max/mean {} (layer {})  CV {}  exp(H)/N {}  dead {:.0f} of {}  {}{}\n", step,
        known("{:.4f}", worst->max_over_mean), excerpt(head.layers[place], 30),
        known("{:.4f}", worst->variation), known("{:.4f}", worst->effective), dead, experts,
        verdict_text(head, distances), warned_text(head, distances));
}

std::string step_json(const log_head& head, const std::vector<layer_state>& states,
                      const std::vector<layer_diagnosis>& distances) {
    json layers = json::array();
    std::int64_t step = 0;
    for (std::size_t l = 0; l < states.size(); ++l) {
        if (states[l].steps == 0) continue;
        step = std::max(step, states[l].last_step);
        layers.push_back(layer_json(head.layers[l], states[l], distances[l]));
    }
    json out{{"step", step}, {"verdict", to_string(worst_of(distances))}, {"verdict_of", nullptr}};
    if (const auto place = worst_layer(distances)) out["verdict_of"] = head.layers[*place];
    out["warned_at"] = out["warned_of"] = nullptr;
    if (const auto first = first_warning_of(distances)) {
        out["warned_at"] = first->step;
        out["warned_of"] = head.layers[first->layer];
    }
    out["layers"] = std::move(layers);
    return out.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

}  // namespace moebius::cli
