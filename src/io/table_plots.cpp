// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/plots.hpp>

#include "heights.hpp"
#include "training_plots.hpp"

namespace moebius {
namespace {

figure_layer layer(std::string title, layer_look look, layer_color color,
                   layer_marker marker = layer_marker::circle) {
    return {std::move(title), look, color, marker, {}, {}, {}, false};
}

double number_of(const named_numbers& numbers, std::string_view name, double otherwise) {
    for (const auto& [key, value] : numbers)
        if (key == name) return value;
    return otherwise;
}

void add(figure_layer& to, double x, double y) {
    to.x.push_back(x);
    to.y.push_back(y);
}

/// Both ways of a slow sweep, and where the state left its branch.
figure sweep_figure(const result_document& result) {
    const auto& samples = result.table_of("samples");
    const auto& jumps = result.table_of("jumps");
    const auto& direction = samples.at("direction");
    const auto& parameter = samples.columns.at(1);
    const auto y = heights(samples, 2);

    auto up = layer("on the way up", layer_look::solid, layer_color::blue);
    auto down = layer("on the way down", layer_look::solid, layer_color::orange);
    for (std::size_t row = 0; row < y.size(); ++row)
        add(direction[row] > 0 ? up : down, parameter[row], y[row]);
    auto marks = layer("jump", layer_look::points, layer_color::ink);
    for (std::size_t jump = 0; jump < jumps.rows(); ++jump) {
        const double at = jumps.columns.at(1)[jump];
        std::size_t nearest = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t row = 0; row < y.size(); ++row)
            if (direction[row] == jumps.at("direction")[jump] &&
                std::abs(parameter[row] - at) < least) {
                least = std::abs(parameter[row] - at);
                nearest = row;
            }
        add(marks, at, y.at(nearest));
    }

    figure out{"", axis_name(samples.names.at(1)), height_name(samples, 2), {}, {}, {}};
    for (auto* part : {&up, &down, &marks})
        if (!part->x.empty()) out.layers.push_back(std::move(*part));
    return out;
}

/// A square for each grid point, coloured by how many states are stable there.
figure grid_figure(const result_document& result) {
    const auto& grid = result.table_of("grid");
    const auto& count = grid.at("stable_states");
    std::array<figure_layer, 3> layers{
        layer("1 stable state", layer_look::points, layer_color::sky, layer_marker::square),
        layer("2", layer_look::points, layer_color::blue, layer_marker::square),
        layer("more, or none", layer_look::points, layer_color::ink, layer_marker::square)};
    for (std::size_t row = 0; row < grid.rows(); ++row)
        add(layers[count[row] == 1   ? 0
                   : count[row] == 2 ? 1
                                     : 2],
            grid.columns[0][row], grid.columns[1][row]);
    figure out{"", axis_name(grid.names.at(0)), axis_name(grid.names.at(1)), {}, {}, {}};
    for (auto& part : layers)
        if (!part.x.empty()) out.layers.push_back(std::move(part));
    return out;
}

figure fold_set_figure(const result_document& result) {
    const auto& folds = result.table_of("fold_set");
    auto line = layer("fold", layer_look::solid, layer_color::blue);
    line.x = folds.at("feedback");
    line.y = folds.at("bias");
    return {"", axis_name("feedback"), axis_name("bias"), {std::move(line)}, {}, {}};
}

/// The open loop: the closed form, and what was measured.
figure response_figure(const result_document& result) {
    const auto& response = result.table_of("response");
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
    if (!std::isnan(predicted.y.at(0))) out.layers.push_back(std::move(predicted));
    out.layers.push_back(std::move(measured));
    return out;
}

/// The load gap of every replica over the batches.
figure records_figure(const result_document& result) {
    constexpr double pen_up = std::numeric_limits<double>::quiet_NaN();
    const auto& records = result.table_of("records");
    const auto& replica = records.at("replica");
    auto line = layer("measured", layer_look::solid, layer_color::blue);
    for (std::size_t row = 0; row < records.rows(); ++row) {
        if (row > 0 && replica[row] != replica[row - 1]) add(line, pen_up, pen_up);
        add(line, records.at("step")[row], records.at("gap")[row]);
    }
    return {"", "batches", axis_name("gap"), {std::move(line)}, {}, {}};
}

/// Rows of a table of measurements, by the sweep that they belong to.
class sweep_points {
public:
    sweep_points(std::string title, layer_color color, layer_marker marker, bool error_in_x) {
        points_.title = std::move(title);
        points_.color = color;
        points_.marker = marker;
        points_.error_in_x = error_in_x;
    }
    void add(double x, double y) {
        points_.x.push_back(x);
        points_.y.push_back(y);
    }
    void add(double x, double y, double error) {
        add(x, y);
        points_.error.push_back(error);
    }
    void move_to(std::vector<measured_points>& all) {
        if (!points_.x.empty()) all.push_back(std::move(points_));
    }

private:
    measured_points points_;
};

/// What a row of measurements was swept over.
struct swept {
    bool feedback;  ///< else the bias
    bool upwards;
};

swept sweep_of(const result_document& result, double index) {
    const auto& plans = result.table_of("sweep_plans");
    if (!(index >= 0 && index < static_cast<double>(plans.rows())))
        throw invalid_argument(result.heading.schema,
                               fmt::format("there is no plan of sweep {}", index),
                               "the tables count on it");
    const auto row = static_cast<std::size_t>(index);
    return {plans.at("of_feedback")[row] != 0, plans.at("to")[row] > plans.at("from")[row]};
}

diagram_document part(const result_document& result, std::string_view name) {
    const auto* curves = result.find<diagram>(name);
    if (curves == nullptr)
        throw invalid_argument(result.heading.schema, fmt::format("there is no '{}'", name),
                               "a validation has its diagrams in it");
    return {result.heading, *curves};
}

/// The steady states of the feedback sweeps over the predicted diagram.
figure steady_figure(const result_document& result) {
    const auto& steady = result.table_of("steady");
    sweep_points up("measured, feedback up", layer_color::green, layer_marker::circle, false);
    sweep_points down("measured, feedback down", layer_color::purple, layer_marker::ring, false);
    for (std::size_t row = 0; row < steady.rows(); ++row) {
        const auto over = sweep_of(result, steady.at("sweep")[row]);
        if (!over.feedback) continue;
        auto& points = over.upwards ? up : down;
        points.add(steady.at("feedback")[row], steady.at("gap")[row], steady.at("gap_error")[row]);
    }
    std::vector<measured_points> all;
    up.move_to(all);
    down.move_to(all);
    return diagram_figure(part(result, "equilibria"), all);
}

/// The jumps and the cusp whose folds they cross, the first that opens into two stable states, with
/// as much room around them; other cusps of the same tokens can be far away.
std::array<double, 4> around(const result_document& result,
                             std::span<const measured_points> jumps) {
    figure near;
    for (const auto& points : jumps) {
        auto marks = layer("", layer_look::points, layer_color::ink);
        marks.x = points.x;
        marks.y = points.y;
        near.layers.push_back(std::move(marks));
    }
    const auto& cusps = result.table_of("cusps");
    for (std::size_t row = 0; row < cusps.rows(); ++row) {
        if (!(cusps.at("cubic")[row] < 0)) continue;
        near.layers.push_back(layer("", layer_look::points, layer_color::ink));
        add(near.layers.back(), cusps.at("feedback")[row], cusps.at("bias")[row]);
        break;
    }
    const auto box = box_of(near);
    const double dx = (box[1] - box[0]) / 2, dy = (box[3] - box[2]) / 2;
    return {box[0] - dx, box[1] + dx, box[2] - dy, box[3] + dy};
}

/// All jumps over the predicted fold set.
figure jumps_figure(const result_document& result) {
    const auto& jumps = result.table_of("jumps");
    sweep_points bias("jump, bias swept", layer_color::vermillion, layer_marker::circle, false);
    sweep_points feedback("jump, feedback swept", layer_color::green, layer_marker::triangle, true);
    sweep_points predicted("jump, predicted", layer_color::ink, layer_marker::cross, false);
    for (std::size_t row = 0; row < jumps.rows(); ++row) {
        const double x = jumps.at("feedback")[row], y = jumps.at("bias")[row];
        const double error = jumps.at("measured_sd")[row] / std::sqrt(jumps.at("runs")[row]);
        const bool sideways = sweep_of(result, jumps.at("sweep")[row]).feedback;
        (sideways ? feedback : bias).add(x, y, error);
        const double at = jumps.at("predicted")[row];
        predicted.add(sideways ? at : x, sideways ? y : at);
    }
    std::vector<measured_points> all;
    bias.move_to(all);
    feedback.move_to(all);
    predicted.move_to(all);
    auto out = locus_figure(part(result, "folds"), all);
    out.view = around(result, all);
    return out;
}

/// The fold curves of routers over each other, with what their loops showed.
figure comparison_figure(const result_document& result) {
    constexpr std::array colors{layer_color::blue,   layer_color::vermillion, layer_color::green,
                                layer_color::purple, layer_color::orange,     layer_color::sky,
                                layer_color::ink};
    const auto& folds = result.table_of("folds");
    const auto& rows = result.table_of("comparison");
    const auto* names = result.find<std::vector<std::string>>("routers");
    const double decay = number_of(result.heading.parameters, "decay", 1);
    figure out{"", axis_name("feedback"), axis_name("bias"), {}, {}, {}};
    for (std::size_t r = 0; r < rows.rows(); ++r) {
        const auto color = colors[r % colors.size()];
        const auto number = rows.at("router")[r];
        auto curve = layer(names != nullptr ? names->at(r) : "", layer_look::solid, color);
        for (std::size_t i = 0; i < folds.rows(); ++i)
            if (folds.at("router")[i] == number)
                add(curve, folds.at("feedback")[i], folds.at("bias")[i]);
        if (!curve.x.empty()) out.layers.push_back(std::move(curve));
        if (rows.at("judged")[r] == 0) continue;
        auto threshold = layer(r == 0 ? "measured threshold of equal loads" : "",
                               layer_look::points, color, layer_marker::diamond);
        add(threshold, rows.at("threshold_measured")[r], decay * rows.at("offset")[r]);
        threshold.error = {rows.at("threshold_measured_error")[r]};
        threshold.error_in_x = true;
        out.layers.push_back(std::move(threshold));
        auto jumps = layer(r == 0 ? "measured jumps of slow sweeps" : "", layer_look::points, color,
                           layer_marker::ring);
        for (const std::string name : {"jump_down_measured", "jump_up_measured"}) {
            if (std::isnan(rows.at(name)[r])) continue;
            add(jumps, rows.at("sweep_feedback")[r], rows.at(name)[r]);
            jumps.error.push_back(rows.at(name + "_error")[r]);
        }
        if (!jumps.x.empty()) out.layers.push_back(std::move(jumps));
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
    if (schema == train_schema) return training_figures(result);
    if (schema == validate_schema)
        return {{"diagram", steady_figure(result)}, {"cusp", jumps_figure(result)}};
    throw invalid_argument("figure", fmt::format("a result of schema {} came", schema),
                           "there is no figure for it");
}

}  // namespace moebius
