// SPDX-License-Identifier: MIT
#include "training_plots.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace moebius {
namespace {

/// The routers' names; the sides of the design.
std::vector<std::string> sides_of(const result_document& result) {
    for (const auto& [name, value] : result.heading.options)
        if (const auto* words = std::get_if<std::vector<std::string>>(&value);
            words != nullptr && name == "routers")
            return *words;
    return {""};
}

/// Where the rows of one side lie whose measure is known.
template <typename Each>
void each_of(const table& all, std::size_t side, const std::string& measure, Each each) {
    for (std::size_t row = 0; row < all.rows(); ++row)
        if (all.at("side")[row] == static_cast<double>(side) && !std::isnan(all.at(measure)[row]))
            each(row);
}

figure_layer points_layer(std::string title, layer_color color, layer_marker marker) {
    return {std::move(title), layer_look::points, color, marker, {}, {}, {}, false};
}

/// One measure of all models over a column.
figure spread_figure(const result_document& result, const std::string& column,
                     const std::string& measure, const std::string& height) {
    constexpr std::array colors{layer_color::blue, layer_color::vermillion};
    const auto& models = result.table_of("models");
    const auto& points = result.table_of("points");
    figure out{"", axis_name(column), height, {}, {}, {}};
    const auto sides = sides_of(result);
    for (std::size_t s = 0; s < sides.size(); ++s) {
        auto each =
            points_layer(sides[s] + ", each model", colors[s % colors.size()], layer_marker::ring);
        each_of(models, s, measure, [&](std::size_t row) {
            each.x.push_back(models.at(column)[row]);
            each.y.push_back(models.at(measure)[row]);
        });
        if (!each.x.empty()) out.layers.push_back(std::move(each));
        if (column == "seed") continue;  // nothing varies
        auto mean = points_layer(sides[s] + ", mean and 95 % interval", layer_color::ink,
                                 s == 0 ? layer_marker::diamond : layer_marker::square);
        each_of(points, s, measure, [&](std::size_t row) {
            mean.x.push_back(points.at(column)[row]);
            mean.y.push_back(points.at(measure)[row]);
            const double reach = points.at(measure + "_high")[row] - points.at(measure)[row];
            mean.error.push_back(std::isnan(reach) ? 0 : reach);
        });
        if (!mean.x.empty()) out.layers.push_back(std::move(mean));
    }
    return out;
}

/// A column of the points of one side.
figure_layer side_layer(const table& points, double side, const std::string& measure,
                        figure_layer layer) {
    for (std::size_t row = 0; row < points.rows(); ++row) {
        if (points.at("side")[row] != side) continue;
        layer.x.push_back(points.columns[2][row]);
        layer.y.push_back(points.at(measure)[row]);
        if (layer.look == layer_look::points)
            layer.error.push_back(points.at(measure + "_high")[row] - points.at(measure)[row]);
    }
    return layer;
}

}  // namespace

std::vector<named_figure> validate_trained_figures(const result_document& result) {
    const auto& points = result.table_of("points");
    figure out{"", axis_name(points.names.at(2)), axis_name("gap"), {}, {}, {}};
    for (const double side : {0.0, 1.0}) {
        const auto named = [&](const char* text) { return side == 0 ? text : ""; };
        const auto add = [&](const char* title, const char* measure, layer_look look,
                             layer_color color, layer_marker marker) {
            out.layers.push_back(side_layer(
                points, side, measure, {named(title), look, color, marker, {}, {}, {}, false}));
        };
        add("predicted from the gates", "gap_predicted", layer_look::solid, layer_color::blue,
            layer_marker::circle);
        add("measured, gates frozen, 95 %", "gap_frozen", layer_look::points, layer_color::ink,
            layer_marker::ring);
        add("measured in training, 95 %", "gap_training", layer_look::points,
            layer_color::vermillion, layer_marker::cross);
    }
    return {{"", out}};
}

std::vector<named_figure> training_figures(const result_document& result) {
    const auto& names = result.table_of("models").names;
    const auto has = [&](const char* name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    const std::string column = has("varied") ? "seed" : names.at(3);
    const bool two = has("train_gap");
    return {{"loads",
             spread_figure(result, column, two ? "train_gap" : "train_largest",
                           two ? axis_name("gap") + " in training" : "largest load in training")},
            {"accuracy", spread_figure(result, column, "test_accuracy", "accuracy on held-out")}};
}

}  // namespace moebius
