// SPDX-License-Identifier: MIT
#include "validate_plots.hpp"

#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <optional>

#include "drawn_table.hpp"
#include "layers.hpp"

namespace moebius {
namespace {

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

class sweep_plans {
public:
    explicit sweep_plans(const result_document& result) : plans_(drawn(result, "sweep_plans")) {}

    /// @throws invalid_argument if there is no such sweep
    [[nodiscard]] swept operator[](double sweep) const {
        if (!(sweep >= 0 && sweep < static_cast<double>(plans_.rows())))
            throw invalid_argument("/sweep_plans", fmt::format("there is no sweep {}", sweep),
                                   "the tables count on it");
        const auto row = static_cast<std::size_t>(sweep);
        return {plans_.at("of_feedback")[row] != 0, plans_.at("to")[row] > plans_.at("from")[row]};
    }

private:
    drawn_table plans_;
};

diagram_document part(const result_document& result, std::string_view name) {
    const auto* curves = result.find<diagram>(name);
    if (curves == nullptr)
        throw invalid_argument(result.heading.schema, fmt::format("there is no '{}'", name),
                               "a validation has its diagrams in it");
    return {result.heading, *curves};
}

/// The steady states of the feedback sweeps over the predicted diagram.
figure steady_figure(const result_document& result) {
    const auto steady = drawn(result, "steady");
    const sweep_plans plans(result);
    sweep_points up("measured, feedback up", layer_color::green, layer_marker::circle, false);
    sweep_points down("measured, feedback down", layer_color::purple, layer_marker::ring, false);
    for (std::size_t row = 0; row < steady.rows(); ++row) {
        const auto over = plans[steady.at("sweep")[row]];
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
/// Nothing if there is neither.
std::optional<std::array<double, 4>> around(const result_document& result,
                                            std::span<const measured_points> jumps) {
    figure near;
    for (const auto& points : jumps) {
        auto marks = layer("", layer_look::points, layer_color::ink);
        marks.x = points.x;
        marks.y = points.y;
        near.layers.push_back(std::move(marks));
    }
    const auto cusps = drawn(result, "cusps");
    for (std::size_t row = 0; row < cusps.rows(); ++row) {
        if (!(cusps.at("cubic")[row] < 0)) continue;
        near.layers.push_back(layer("", layer_look::points, layer_color::ink));
        add(near.layers.back(), cusps.at("feedback")[row], cusps.at("bias")[row]);
        break;
    }
    if (!has_points(near)) return std::nullopt;
    const auto box = box_of(near);
    const double dx = (box[1] - box[0]) / 2, dy = (box[3] - box[2]) / 2;
    return std::array{box[0] - dx, box[1] + dx, box[2] - dy, box[3] + dy};
}

/// All jumps over the predicted fold set.
figure jumps_figure(const result_document& result) {
    const auto jumps = drawn(result, "jumps");
    const sweep_plans plans(result);
    sweep_points bias("jump, bias swept", layer_color::vermillion, layer_marker::circle, false);
    sweep_points feedback("jump, feedback swept", layer_color::green, layer_marker::triangle, true);
    sweep_points predicted("jump, predicted", layer_color::ink, layer_marker::cross, false);
    for (std::size_t row = 0; row < jumps.rows(); ++row) {
        const double x = jumps.at("feedback")[row], y = jumps.at("bias")[row];
        const double error = jumps.at("measured_sd")[row] / std::sqrt(jumps.at("runs")[row]);
        const bool sideways = plans[jumps.at("sweep")[row]].feedback;
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

}  // namespace

std::vector<named_figure> validate_figures(const result_document& result) {
    return {{"diagram", steady_figure(result)}, {"cusp", jumps_figure(result)}};
}

}  // namespace moebius
