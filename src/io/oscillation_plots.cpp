// SPDX-License-Identifier: MIT
#include "oscillation_plots.hpp"

#include <fmt/format.h>

#include "drawn_table.hpp"
#include "layers.hpp"

namespace moebius {
namespace {

/// A measured column of a table over feedback, with its errors, and what was predicted.
figure measured_figure(const drawn_table& rows, const std::string& column, std::string axis) {
    auto predicted = layer("predicted", layer_look::solid, layer_color::blue);
    auto measured = layer("measured", layer_look::points, layer_color::green);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        const double x = rows.at("feedback")[row];
        add(predicted, x, rows.at(fmt::format("{}_predicted", column))[row]);
        add(measured, x, rows.at(column)[row]);
        measured.error.push_back(rows.at(fmt::format("{}_error", column))[row]);
    }
    figure drawing;
    drawing.x_axis = axis_name("feedback");
    drawing.y_axis = std::move(axis);
    drawing.layers = {std::move(predicted), std::move(measured)};
    return drawing;
}

}  // namespace

std::vector<named_figure> validate_oscillation_figures(const result_document& result) {
    const auto decay = drawn(result, "decay"), swings = drawn(result, "swings");
    std::vector<named_figure> out{
        {"growth", measured_figure(decay, "growth", "growth of deviations, per 1/λ")}};
    if (swings.rows() == 0) return out;
    out.push_back({"period", measured_figure(swings, "period", "period in 1/λ")});
    out.push_back({"amplitude", measured_figure(swings, "amplitude", "amplitude of a score")});
    return out;
}

}  // namespace moebius
