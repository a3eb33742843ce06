// SPDX-License-Identifier: MIT
#include "diagnose_plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/text.hpp>
#include <optional>

#include "drawn_table.hpp"
#include "layers.hpp"

namespace moebius {
namespace {

constexpr std::size_t shown_layers = 6;

using words = std::vector<std::string>;

std::string word_of(const result_document& result, std::string_view list, double place) {
    const auto* all = result.find<words>(list);
    const bool there = all != nullptr && place >= 0 && place < static_cast<double>(all->size());
    return there ? excerpt((*all)[static_cast<std::size_t>(place)], 30) : std::string();
}

/// Rows of `layers`, those with the worst verdict, then with the largest loads, first.
std::vector<std::size_t> by_verdict(const drawn_table& layers) {
    const auto &verdict = layers.at("verdict"), &most = layers.at("max_over_mean");
    std::vector<std::size_t> order;
    for (std::size_t row = 0; row < layers.rows(); ++row)
        if (!std::isnan(verdict[row]) && !std::isnan(most[row])) order.push_back(row);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return verdict[a] != verdict[b] ? verdict[a] > verdict[b] : most[a] > most[b];
    });
    return order;
}

std::string name_of(const result_document& result, const drawn_table& layers, std::size_t row) {
    return fmt::format("layer {}: {}", word_of(result, "layer_names", layers.at("layer")[row]),
                       word_of(result, "verdicts", layers.at("verdict")[row] - 1));
}

/// Between two columns of one layer's rows.
figure_layer band(const drawn_table& history, const std::vector<std::size_t>& rows,
                  std::string_view low, std::string_view high, std::string title,
                  layer_color color) {
    auto out = layer(std::move(title), layer_look::region, color);
    for (const std::size_t row : rows) add(out, history.at("step")[row], history.at(high)[row]);
    for (auto row = rows.rbegin(); row != rows.rend(); ++row)
        add(out, history.at("step")[*row], history.at(low)[*row]);
    return out;
}

std::vector<std::size_t> rows_of(const drawn_table& history, double layer) {
    std::vector<std::size_t> out;
    for (std::size_t row = 0; row < history.rows(); ++row)
        if (history.at("layer")[row] == layer) out.push_back(row);
    return out;
}

constexpr std::string_view height = "load over the mean load";

/// "step", and of how many the rows are means.
std::string steps_of(const drawn_table& history) {
    const auto* steps = history.find("steps");
    if (steps == nullptr || steps->empty() || !(steps->front() > 1)) return "step";
    return fmt::format("step (means of {})", steps->front());
}

figure loads_figure(const result_document& result, const drawn_table& layers, std::size_t worst) {
    const auto history = drawn(result, "history");
    const auto rows = rows_of(history, layers.at("layer")[worst]);
    figure out{name_of(result, layers, worst), steps_of(history), std::string(height), {}, {}, {}};
    out.layers.push_back(band(history, rows, "least", "most", "least to most", layer_color::shade));
    out.layers.push_back(band(history, rows, "quarter", "three_quarters",
                              "middle half of the experts", layer_color::sky));
    auto median = layer("median", layer_look::solid, layer_color::blue);
    for (const std::size_t row : rows)
        add(median, history.at("step")[row], history.at("median")[row]);
    out.layers.push_back(std::move(median));
    return out;
}

constexpr std::array line_colors{layer_color::vermillion, layer_color::blue,   layer_color::green,
                                 layer_color::purple,     layer_color::orange, layer_color::sky};
static_assert(line_colors.size() == shown_layers);

/// A level line over the steps of some rows.
figure_layer level(const drawn_table& margins, const std::vector<std::size_t>& rows, double y,
                   std::string title, layer_look look, layer_color color) {
    auto out = layer(std::move(title), look, color);
    if (rows.empty() || std::isnan(y)) return out;
    add(out, margins.at("step")[rows.front()], y);
    add(out, margins.at("step")[rows.back()], y);
    return out;
}

/// Of each layer, and the worst one's interval.
figure margins_figure(const result_document& result, const drawn_table& layers,
                      const std::vector<std::size_t>& order) {
    const auto margins = drawn(result, "margins");
    const auto rows = rows_of(margins, layers.at("layer")[order.front()]);
    figure out{"", "step", "margin", {}, {}, {}};
    out.layers.push_back(band(margins, rows, "margin_low", "margin_high",
                              "90 % interval of the first", layer_color::shade));
    for (std::size_t i = 0; i < std::min(order.size(), shown_layers); ++i) {
        auto line = layer(name_of(result, layers, order[i]), layer_look::solid, line_colors[i]);
        for (const std::size_t row : rows_of(margins, layers.at("layer")[order[i]]))
            add(line, margins.at("step")[row], margins.at("margin")[row]);
        out.layers.push_back(std::move(line));
    }
    out.layers.push_back(level(margins, rows, 0, "", layer_look::dashed, layer_color::ink));
    return out;
}

/// K of the worst layer of which it is known, beside the values at which something changes.
std::optional<figure> feedback_figure(const result_document& result, const drawn_table& layers,
                                      const std::vector<std::size_t>& order) {
    const auto* fold = layers.find("fold");
    if (fold == nullptr) return std::nullopt;
    const auto known = std::find_if(order.begin(), order.end(),
                                    [&](std::size_t row) { return !std::isnan((*fold)[row]); });
    if (known == order.end()) return std::nullopt;
    const auto margins = drawn(result, "margins");
    const auto rows = rows_of(margins, layers.at("layer")[*known]);
    figure out{name_of(result, layers, *known), "step", "K = feedback beta/decay", {}, {}, {}};
    out.layers.push_back(
        band(margins, rows, "K_low", "K_high", "90 % interval", layer_color::shade));
    auto line = layer("K", layer_look::solid, layer_color::blue);
    for (const std::size_t row : rows) add(line, margins.at("step")[row], margins.at("K")[row]);
    out.layers.push_back(std::move(line));
    const auto add_level = [&](std::string_view name, std::string title, layer_color color) {
        const double y = layers.at(name)[*known];
        if (!std::isnan(y))
            out.layers.push_back(
                level(margins, rows, y, std::move(title), layer_look::dashed, color));
    };
    add_level("fold", "fold: a collapsed state exists", layer_color::orange);
    add_level("balance", "branch point: equal loads are lost", layer_color::vermillion);
    add_level("hopf", "Hopf point, with the controller", layer_color::purple);
    return out;
}

figure layers_figure(const result_document& result, const drawn_table& layers,
                     const std::vector<std::size_t>& order) {
    const auto history = drawn(result, "history");
    figure out{"", steps_of(history), "largest " + std::string(height), {}, {}, {}};
    for (std::size_t i = 0; i < std::min(order.size(), shown_layers); ++i) {
        auto line = layer(name_of(result, layers, order[i]), layer_look::solid, line_colors[i]);
        for (const std::size_t row : rows_of(history, layers.at("layer")[order[i]]))
            add(line, history.at("step")[row], history.at("most")[row]);
        out.layers.push_back(std::move(line));
    }
    return out;
}

/// Panels below one another show the same steps.
void align_steps(std::vector<named_figure>& panels) {
    std::optional<std::array<double, 2>> all;
    for (const auto& [name, drawing] : panels) {
        if (!has_points(drawing)) continue;
        const auto box = box_of(drawing);
        all = all ? std::array{std::min((*all)[0], box[0]), std::max((*all)[1], box[1])}
                  : std::array{box[0], box[1]};
    }
    for (auto& [name, drawing] : panels)
        if (has_points(drawing)) {
            const auto box = box_of(drawing);
            drawing.view = {{(*all)[0], (*all)[1], box[2], box[3]}};
        }
}

}  // namespace

std::vector<named_figure> diagnose_figures(const result_document& result) {
    const auto layers = drawn(result, "layers");
    const auto order = by_verdict(layers);
    if (order.empty()) return {};
    std::vector<named_figure> out;
    const auto* margins = result.find<table>("margins");
    const bool has_margins = margins != nullptr && margins->rows() > 0;
    if (has_margins) out.push_back({"", margins_figure(result, layers, order)});
    out.push_back({"", loads_figure(result, layers, order.front())});
    out.push_back({"", layers_figure(result, layers, order)});
    if (auto known = has_margins ? feedback_figure(result, layers, order) : std::nullopt)
        out.push_back({"", std::move(*known)});
    align_steps(out);
    return out;
}

}  // namespace moebius
