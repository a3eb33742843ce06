// SPDX-License-Identifier: MIT
#include "diagnose_plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/text.hpp>

#include "drawn_table.hpp"
#include "layers.hpp"

namespace moebius {
namespace {

constexpr std::size_t shown_layers = 6;

using words = std::vector<std::string>;

std::string word_of(const result_document& result, std::string_view list, double number) {
    const auto* all = result.find<words>(list);
    const bool there = all != nullptr && number >= 1 && number <= static_cast<double>(all->size());
    return there ? excerpt((*all)[static_cast<std::size_t>(number) - 1], 30) : std::string();
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
                       word_of(result, "verdicts", layers.at("verdict")[row]));
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

figure loads_figure(const result_document& result, const drawn_table& layers, std::size_t worst) {
    const auto history = drawn(result, "history");
    const auto rows = rows_of(history, layers.at("layer")[worst]);
    figure out{name_of(result, layers, worst), "step", std::string(height), {}, {}, {}};
    out.layers.push_back(band(history, rows, "least", "most", "least to most", layer_color::shade));
    out.layers.push_back(band(history, rows, "quarter", "three_quarters",
                              "middle half of the experts", layer_color::sky));
    auto median = layer("median", layer_look::solid, layer_color::blue);
    for (const std::size_t row : rows)
        add(median, history.at("step")[row], history.at("median")[row]);
    out.layers.push_back(std::move(median));
    return out;
}

figure layers_figure(const result_document& result, const drawn_table& layers,
                     const std::vector<std::size_t>& order) {
    constexpr std::array colors{layer_color::vermillion, layer_color::blue,   layer_color::green,
                                layer_color::purple,     layer_color::orange, layer_color::sky};
    static_assert(colors.size() == shown_layers);
    const auto history = drawn(result, "history");
    figure out{"", "step", "largest " + std::string(height), {}, {}, {}};
    for (std::size_t i = 0; i < std::min(order.size(), shown_layers); ++i) {
        auto line = layer(name_of(result, layers, order[i]), layer_look::solid, colors[i]);
        for (const std::size_t row : rows_of(history, layers.at("layer")[order[i]]))
            add(line, history.at("step")[row], history.at("most")[row]);
        out.layers.push_back(std::move(line));
    }
    return out;
}

}  // namespace

std::vector<named_figure> diagnose_figures(const result_document& result) {
    const auto layers = drawn(result, "layers");
    const auto order = by_verdict(layers);
    if (order.empty()) return {};
    return {{"loads", loads_figure(result, layers, order.front())},
            {"layers", layers_figure(result, layers, order)}};
}

}  // namespace moebius
