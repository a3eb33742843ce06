// SPDX-License-Identifier: MIT
#include "training_plots.hpp"

#include <array>
#include <cmath>
#include <map>

#include "drawn_table.hpp"
#include "layers.hpp"

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

/// The rows of a table by the side of the design that they belong to.
class rows_by_side {
public:
    explicit rows_by_side(const drawn_table& all) {
        const auto& side = all.at("side");
        for (std::size_t row = 0; row < all.rows(); ++row)
            if (!std::isnan(side[row])) rows_[side[row]].push_back(row);
    }
    /// Calls `each` for those of one side whose measure is known.
    template <typename Each>
    void each_of(std::size_t side, const std::vector<double>& measure, Each each) const {
        const auto found = rows_.find(static_cast<double>(side));
        if (found == rows_.end()) return;
        for (const std::size_t row : found->second)
            if (!std::isnan(measure[row])) each(row);
    }

private:
    std::map<double, std::vector<std::size_t>> rows_;
};

/// One measure of all models over a column.
figure spread_figure(const result_document& result, const std::string& column,
                     const std::string& measure, const std::string& height) {
    constexpr std::array colors{layer_color::blue, layer_color::vermillion};
    const auto models = drawn(result, "models");
    const auto points = drawn(result, "points");
    const rows_by_side models_by_side(models), points_by_side(points);
    figure out{"", axis_name(column), height, {}, {}, {}};
    const auto sides = sides_of(result);
    for (std::size_t s = 0; s < sides.size(); ++s) {
        auto each = layer(sides[s] + ", each model", layer_look::points, colors[s % colors.size()],
                          layer_marker::ring);
        const auto& values = models.at(measure);
        models_by_side.each_of(
            s, values, [&](std::size_t row) { add(each, models.at(column)[row], values[row]); });
        if (!each.x.empty()) out.layers.push_back(std::move(each));
        if (column == "seed") continue;  // nothing varies
        auto mean = layer(sides[s] + ", mean and 95 % interval", layer_look::points,
                          layer_color::ink, s == 0 ? layer_marker::diamond : layer_marker::square);
        const auto &means = points.at(measure), &highs = points.at(measure + "_high");
        points_by_side.each_of(s, means, [&](std::size_t row) {
            add(mean, points.at(column)[row], means[row]);
            const double reach = highs[row] - means[row];
            mean.error.push_back(std::isnan(reach) ? 0 : reach);
        });
        if (!mean.x.empty()) out.layers.push_back(std::move(mean));
    }
    return out;
}

/// The two means of a point of gap_training whose seeds went to two states; false for another.
bool add_two_states(const drawn_table& points, std::size_t row, const std::string& measure,
                    figure_layer& out) {
    const auto* states = points.find("training_states");
    if (measure != "gap_training" || states == nullptr || (*states)[row] != 2) return false;
    for (const auto* name : {"training_first", "training_second"}) {
        add(out, points.column(2)[row], points.at(name)[row]);
        out.error.push_back(0);
    }
    return true;
}

/// A column of the points of one side, with its intervals if it is drawn as points; the mean of
/// seeds that went to two states is drawn as the two means of these.
figure_layer side_layer(const drawn_table& points, double side, const std::string& measure,
                        figure_layer out) {
    for (std::size_t row = 0; row < points.rows(); ++row) {
        if (points.at("side")[row] != side || add_two_states(points, row, measure, out)) continue;
        add(out, points.column(2)[row], points.at(measure)[row]);
        if (out.look == layer_look::points)
            out.error.push_back(points.at(measure + "_high")[row] - points.at(measure)[row]);
    }
    return out;
}

}  // namespace

std::vector<named_figure> validate_trained_figures(const result_document& result) {
    const auto points = drawn(result, "points");
    figure out{"", axis_name(points.name(2)), axis_name("gap"), {}, {}, {}};
    for (const double side : {0.0, 1.0}) {
        const auto named = [&](const char* text) { return side == 0 ? text : ""; };
        const auto add = [&](const char* title, const char* measure, layer_look look,
                             layer_color color, layer_marker marker) {
            out.layers.push_back(
                side_layer(points, side, measure, layer(named(title), look, color, marker)));
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
    const auto models = drawn(result, "models");
    const std::string column = models.find("varied") != nullptr ? "seed" : models.name(3);
    const bool two = models.find("train_gap") != nullptr;
    return {{"loads",
             spread_figure(result, column, two ? "train_gap" : "train_largest",
                           two ? axis_name("gap") + " in training" : "largest load in training")},
            {"accuracy", spread_figure(result, column, "test_accuracy", "accuracy on held-out")}};
}

}  // namespace moebius
