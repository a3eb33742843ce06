// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/io/plots.hpp>
#include <optional>

#include "diagnose_plots.hpp"
#include "expert_plots.hpp"
#include "heights.hpp"
#include "layers.hpp"
#include "oscillation_plots.hpp"
#include "training_plots.hpp"
#include "validate_plots.hpp"

namespace moebius {
namespace {

double number_of(const named_numbers& numbers, std::string_view name, double otherwise) {
    for (const auto& [key, value] : numbers)
        if (key == name) return value;
    return otherwise;
}

/// Rows of one direction of a sweep by their parameter, to find the one nearest to a value.
class rows_by_value {
public:
    void add(double value, std::size_t row) {
        if (!std::isnan(value)) rows_.emplace(value, row);
    }
    /// The first of them, if several are as near; nothing if there are none.
    [[nodiscard]] std::optional<std::size_t> nearest(double value) const {
        if (rows_.empty() || std::isnan(value)) return std::nullopt;
        const auto above = rows_.lower_bound(value);
        if (above == rows_.begin()) return above->second;
        const auto below = std::prev(above);
        if (above == rows_.end() || value - below->first < above->first - value)
            return below->second;
        if (above->first - value < value - below->first) return above->second;
        return std::min(above->second, below->second);
    }

private:
    std::map<double, std::size_t> rows_;  // the first row of each value
};

/// Where the state left its branch: at the sample nearest to each jump.
figure_layer jump_marks(const drawn_table& samples, const drawn_table& jumps,
                        const std::vector<double>& y) {
    const auto& direction = samples.at("direction");
    std::map<double, rows_by_value> ways;
    for (std::size_t row = 0; row < y.size(); ++row)
        if (!std::isnan(direction[row])) ways[direction[row]].add(samples.column(1)[row], row);
    auto marks = layer("jump", layer_look::points, layer_color::ink);
    for (std::size_t jump = 0; jump < jumps.rows(); ++jump) {
        const double at = jumps.column(1)[jump];
        const auto way = ways.find(jumps.at("direction")[jump]);
        if (way == ways.end()) continue;
        if (const auto row = way->second.nearest(at)) add(marks, at, y[*row]);
    }
    return marks;
}

/// Both ways of a slow sweep, and its jumps.
figure sweep_figure(const result_document& result) {
    const auto samples = drawn(result, "samples");
    const auto& direction = samples.at("direction");
    const auto& parameter = samples.column(1);
    const auto y = heights(samples, 2);

    auto up = layer("on the way up", layer_look::solid, layer_color::blue);
    auto down = layer("on the way down", layer_look::solid, layer_color::orange);
    for (std::size_t row = 0; row < y.size(); ++row)
        add(direction[row] > 0 ? up : down, parameter[row], y[row]);
    auto marks = jump_marks(samples, drawn(result, "jumps"), y);

    figure out{"", axis_name(samples.name(1)), height_name(samples, 2), {}, {}, {}};
    for (auto* part : {&up, &down, &marks})
        if (!part->x.empty()) out.layers.push_back(std::move(*part));
    return out;
}

/// A square for each grid point, coloured by how many states are stable there.
figure grid_figure(const result_document& result) {
    const auto grid = drawn(result, "grid");
    const auto& count = grid.at("stable_states");
    std::array<figure_layer, 3> layers{
        layer("1 stable state", layer_look::points, layer_color::sky, layer_marker::square),
        layer("2", layer_look::points, layer_color::blue, layer_marker::square),
        layer("more, or none", layer_look::points, layer_color::ink, layer_marker::square)};
    for (std::size_t row = 0; row < grid.rows(); ++row)
        add(layers[count[row] == 1   ? 0
                   : count[row] == 2 ? 1
                                     : 2],
            grid.column(0)[row], grid.column(1)[row]);
    figure out{"", axis_name(grid.name(0)), axis_name(grid.name(1)), {}, {}, {}};
    for (auto& part : layers)
        if (!part.x.empty()) out.layers.push_back(std::move(part));
    return out;
}

figure fold_set_figure(const result_document& result) {
    const auto folds = drawn(result, "fold_set");
    auto line = layer("fold", layer_look::solid, layer_color::blue);
    line.x = folds.at("feedback");
    line.y = folds.at("bias");
    return {"", axis_name("feedback"), axis_name("bias"), {std::move(line)}, {}, {}};
}

/// The open loop: the closed form, and what was measured.
figure response_figure(const result_document& result) {
    const auto response = drawn(result, "response");
    auto predicted = layer("closed form", layer_look::solid, layer_color::blue);
    auto measured =
        layer("measured, 95 % interval", layer_look::points, layer_color::ink, layer_marker::ring);
    predicted.x = measured.x = response.at("x");
    predicted.y = response.at("gap_predicted");
    measured.y = response.at("gap");
    for (std::size_t row = 0; row < response.rows(); ++row) {
        const double reach = response.at("gap_high")[row] - response.at("gap")[row];
        measured.error.push_back(std::isnan(reach) ? 0 : reach);
    }
    figure out{"", axis_name("x"), axis_name("gap"), {}, {}, {}};
    if (response.rows() > 0 && !std::isnan(predicted.y.front()))
        out.layers.push_back(std::move(predicted));
    out.layers.push_back(std::move(measured));
    return out;
}

constexpr std::array router_colors{layer_color::blue,   layer_color::vermillion, layer_color::green,
                                   layer_color::purple, layer_color::orange,     layer_color::sky,
                                   layer_color::ink};

/// A quantity of every replica over the batches.
/// @param value  of a row
template <typename Value>
figure_layer over_batches(const drawn_table& records, std::string title, layer_color color,
                          const Value& value) {
    const auto& replica = records.at("replica");
    auto line = layer(std::move(title), layer_look::solid, color);
    for (std::size_t row = 0; row < records.rows(); ++row) {
        if (row > 0 && replica[row] != replica[row - 1]) add(line, pen_up, pen_up);
        add(line, records.at("step")[row], value(row));
    }
    return line;
}

/// Loads of three or more experts: each of a few, else the largest and the smallest of all.
std::vector<figure_layer> load_lines(const drawn_table& records) {
    std::vector<const std::vector<double>*> loads;
    for (std::size_t e = 1; records.find(fmt::format("load_{}", e)) != nullptr; ++e)
        loads.push_back(&records.at(fmt::format("load_{}", e)));
    if (loads.empty()) (void)records.at("load_1");
    std::vector<figure_layer> lines;
    if (loads.size() <= router_colors.size()) {
        for (std::size_t e = 0; e < loads.size(); ++e)
            lines.push_back(over_batches(records, fmt::format("expert {}", e + 1), router_colors[e],
                                         [&](std::size_t row) { return (*loads[e])[row]; }));
        return lines;
    }
    const auto least = [](double a, double b) { return std::min(a, b); };
    const auto most = [](double a, double b) { return std::max(a, b); };
    const auto of_all = [&](const auto& pick) {
        return [&loads, &pick](std::size_t row) {
            double found = loads.front()->at(row);
            for (const auto* load : loads) found = pick(found, (*load)[row]);
            return found;
        };
    };
    lines.push_back(over_batches(records, fmt::format("largest of {} loads", loads.size()),
                                 layer_color::vermillion, of_all(most)));
    lines.push_back(over_batches(records, "smallest", layer_color::blue, of_all(least)));
    return lines;
}

/// Of two experts the load gap, of more their loads.
figure records_figure(const result_document& result) {
    const auto records = drawn(result, "records");
    if (records.find("gap") == nullptr) return {"", "batches", "load", load_lines(records), {}, {}};
    auto line = over_batches(records, "measured", layer_color::blue,
                             [&](std::size_t row) { return records.at("gap")[row]; });
    return {"", "batches", axis_name("gap"), {std::move(line)}, {}, {}};
}

/// The fold curve of each router, by its number.
std::map<double, figure_layer> router_folds(const result_document& result) {
    const auto folds = drawn(result, "folds");
    std::map<double, figure_layer> out;
    for (std::size_t i = 0; i < folds.rows(); ++i)
        if (const double router = folds.at("router")[i]; !std::isnan(router))
            add(out[router], folds.at("feedback")[i], folds.at("bias")[i]);
    return out;
}

/// What the loop of the router in a row showed; the first one's are in the legend.
std::array<figure_layer, 2> router_measures(const drawn_table& rows, std::size_t r, double decay,
                                            layer_color color) {
    auto threshold = layer(r == 0 ? "measured threshold of equal loads" : "", layer_look::points,
                           color, layer_marker::diamond);
    add(threshold, rows.at("threshold_measured")[r], decay * rows.at("offset")[r]);
    threshold.error = {rows.at("threshold_measured_error")[r]};
    threshold.error_in_x = true;
    auto jumps = layer(r == 0 ? "measured jumps of slow sweeps" : "", layer_look::points, color,
                       layer_marker::ring);
    for (const std::string name : {"jump_down_measured", "jump_up_measured"}) {
        if (std::isnan(rows.at(name)[r])) continue;
        add(jumps, rows.at("sweep_feedback")[r], rows.at(name)[r]);
        jumps.error.push_back(rows.at(name + "_error")[r]);
    }
    return {std::move(threshold), std::move(jumps)};
}

/// The fold curves of routers over each other, with what their loops showed.
figure comparison_figure(const result_document& result) {
    const auto rows = drawn(result, "comparison");
    const auto* names = result.find<std::vector<std::string>>("routers");
    if (names != nullptr && names->size() < rows.rows())
        throw invalid_argument("/routers", fmt::format("it has {} names", names->size()),
                               fmt::format("/comparison has {} rows", rows.rows()));
    const double decay = number_of(result.heading.parameters, "decay", 1);
    auto folds = router_folds(result);
    figure out{"", axis_name("feedback"), axis_name("bias"), {}, {}, {}};
    for (std::size_t r = 0; r < rows.rows(); ++r) {
        const auto color = router_colors[r % router_colors.size()];
        if (const auto found = folds.find(rows.at("router")[r]); found != folds.end()) {
            auto curve = std::move(found->second);
            curve.title = names != nullptr ? (*names)[r] : "";
            curve.color = color;
            folds.erase(found);
            out.layers.push_back(std::move(curve));
        }
        if (rows.at("judged")[r] == 0) continue;
        for (auto& measured : router_measures(rows, r, decay, color))
            if (!measured.x.empty()) out.layers.push_back(std::move(measured));
    }
    return out;
}

}  // namespace

std::vector<named_figure> figures_of(const result_document& result) {
    const auto& schema = result.heading.schema;
    if (schema == sweep_schema) return {{"", sweep_figure(result)}};
    if (schema == grid_schema) return {{"", grid_figure(result)}};
    if (schema == exact_schema) return {{"", fold_set_figure(result)}};
    if (schema == simulate_schema) return {{"", records_figure(result)}};
    if (schema == response_schema) return {{"", response_figure(result)}};
    if (schema == compare_schema) return {{"", comparison_figure(result)}};
    if (schema == validate_trained_schema) return validate_trained_figures(result);
    if (schema == diagnose_schema) return diagnose_figures(result);
    if (schema == train_schema) return training_figures(result);
    if (schema == validate_schema) return validate_figures(result);
    if (schema == validate_oscillation_schema) return validate_oscillation_figures(result);
    if (schema == validate_experts_schema) return validate_experts_figures(result);
    if (schema == validate_tokens_schema) return validate_tokens_figures(result);
    throw invalid_argument("figure", fmt::format("a result of schema {} came", schema),
                           "there is no figure for it");
}

}  // namespace moebius
