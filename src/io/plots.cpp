// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/plots.hpp>
#include <moebius/model/registry.hpp>

#include "heights.hpp"
#include "shading.hpp"

namespace moebius {
namespace {

constexpr double pen_up = std::numeric_limits<double>::quiet_NaN();

void add_measured(std::span<const measured_points> measured, figure& drawing) {
    for (const auto& points : measured)
        drawing.layers.push_back({points.title, layer_look::points, points.color, points.marker,
                                  points.x, points.y, points.error, points.error_in_x});
}

/// A layer for each type of special point that occurs, and a label for each point.
class special_layers {
public:
    void add(const special_point& point, double x, double y) {
        if (point.type == point_type::EP) return;
        auto& layer = layers_[static_cast<std::size_t>(point.type)];
        layer.x.push_back(x);
        layer.y.push_back(y);
        labels_.push_back({point.label, x, y});
    }
    void move_to(figure& drawing) {
        using enum layer_marker;
        constexpr std::array<std::pair<const char*, layer_marker>, kinds> looks{{
            {"", circle},
            {"branch point (BP)", square},
            {"fold (LP)", circle},
            {"Hopf (HB)", diamond},
            {"period doubling (PD)", square},
            {"torus (NS)", diamond},
            {"fold of cycles (LPC)", circle},
            {"cusp (CP)", diamond},
            {"Bogdanov-Takens (BT)", square},
            {"generalized Hopf (GH)", diamond},
            {"zero-Hopf (ZH)", circle},
        }};
        for (std::size_t type = 0; type < layers_.size(); ++type) {
            auto& layer = layers_[type];
            if (layer.x.empty()) continue;
            layer.title = looks[type].first;
            layer.look = layer_look::points;
            layer.color = layer_color::ink;
            layer.marker = looks[type].second;
            drawing.layers.push_back(std::move(layer));
        }
        drawing.labels = std::move(labels_);
    }

private:
    static constexpr std::size_t kinds = 11;  // of special points

    std::array<figure_layer, kinds> layers_;
    std::vector<figure_label> labels_;
};

/// Lines of one colour pair: solid where stable, dashed where not.
struct stability_layers {
    figure_layer stable, unstable;

    stability_layers(std::string_view of, layer_color when_stable, layer_color when_not) {
        const auto title = [&](std::string_view kind) {
            return of.empty() ? std::string(kind) : fmt::format("{}, {}", of, kind);
        };
        stable = {title("stable"), layer_look::solid, when_stable, {}, {}, {}, {}, false};
        unstable = {title("unstable"), layer_look::dashed, when_not, {}, {}, {}, {}, false};
    }

    /// A branch at these heights; the pieces share the point between them.
    void add(const branch& curve, const std::vector<double>& y) {
        const auto& x = curve.columns.columns.at(0);
        const auto& flags = curve.columns.at("stable");
        for (std::size_t row = 0; row < x.size(); ++row) {
            auto& layer = flags[row] != 0 ? stable : unstable;
            if (row == 0 || flags[row] != flags[row - 1]) {
                layer.x.push_back(pen_up);
                layer.y.push_back(pen_up);
                if (row > 0) {
                    layer.x.push_back(x[row - 1]);
                    layer.y.push_back(y[row - 1]);
                }
            }
            layer.x.push_back(x[row]);
            layer.y.push_back(y[row]);
        }
    }

    void move_to(figure& drawing) {
        for (auto* layer : {&stable, &unstable})
            if (!layer->x.empty()) drawing.layers.push_back(std::move(*layer));
    }
};

/// The branches of a diagram, by what is drawn of them.
class branch_layers {
public:
    void add(const branch& curve) {
        if (curve.kind == "cycle")
            add_band(curve);
        else if (draws_loads(curve))
            add_loads(curve);
        else
            plain_.add(curve, heights(curve.columns, 1));
    }

    void move_to(figure& drawing) {
        for (auto* layers : {&plain_, &others_, &cycles_}) layers->move_to(drawing);
    }

    /// More than two experts: their loads are shown, not a gap.
    static bool draws_loads(const branch& curve) { return curve.groups.size() > 0; }

private:
    void add_loads(const branch& curve) {
        plain_.add(curve, curve.columns.at("load_1"));
        for (std::size_t g = 2; g <= curve.groups.size(); ++g)
            others_.add(curve, curve.columns.at(fmt::format("load_{}", g)));
    }

    void add_band(const branch& curve) {
        for (const auto& name : curve.columns.names)
            if (name.ends_with("_min") || name.ends_with("_max"))
                cycles_.add(curve, curve.columns.at(name));
    }

    stability_layers plain_{"", layer_color::blue, layer_color::vermillion};
    stability_layers others_{"other groups", layer_color::sky, layer_color::orange};
    stability_layers cycles_{"cycle, least and most", layer_color::green, layer_color::purple};
};

/// What is drawn upwards at a row of a branch.
double height_at(const branch& curve, std::size_t row) {
    if (branch_layers::draws_loads(curve) && curve.kind != "cycle")
        return curve.columns.at("load_1").at(row);
    if (curve.kind == "cycle")
        for (const auto& name : curve.columns.names)
            if (name.ends_with("_max")) return curve.columns.at(name).at(row);
    return heights(curve.columns, 1).at(row);
}

const branch* find_branch(const diagram& curves, int id) {
    for (const auto& curve : curves.branches)
        if (curve.id == id) return &curve;
    return nullptr;
}

const table& first_columns(const diagram_document& result) {
    if (result.data.branches.empty())
        throw invalid_argument("figure", "a result without branches came",
                               "there must be one to draw");
    return result.data.branches.front().columns;
}

}  // namespace

std::string axis_name(std::string_view column) {
    for (const auto& model : known_models())
        for (const auto& info : model.parameters)
            if (info.name == column) return fmt::format("{} {}", info.name, info.symbol);
    if (column == "gap") return "load gap m = n₁ − n₂";
    if (column == "x") return "score gap x = s₁ − s₂";
    return std::string(column);
}

figure diagram_figure(const diagram_document& result, std::span<const measured_points> measured) {
    const auto& columns = first_columns(result);
    figure drawing;
    drawing.x_axis = axis_name(columns.names.at(0));
    drawing.y_axis = branch_layers::draws_loads(result.data.branches.front())
                         ? "load of an expert nₑ"
                         : height_name(columns, 1);
    branch_layers layers;
    for (const auto& curve : result.data.branches) layers.add(curve);
    layers.move_to(drawing);
    add_measured(measured, drawing);

    special_layers special;
    for (const auto& point : result.data.special_points)
        if (const auto* curve = find_branch(result.data, point.branch))
            special.add(point, curve->columns.columns.at(0).at(point.row),
                        height_at(*curve, point.row));
    special.move_to(drawing);
    return drawing;
}

namespace {

/// All curves of one kind as one layer.
void add_curves(const diagram& curves, std::string_view kind, layer_color color, figure& drawing) {
    figure_layer layer{kind == "hopf" ? "Hopf" : std::string(kind),
                       layer_look::solid,
                       color,
                       {},
                       {},
                       {},
                       {},
                       false};
    for (const auto& curve : curves.branches) {
        if (curve.kind != kind) continue;
        const auto& x = curve.columns.columns.at(0);
        const auto& y = curve.columns.columns.at(1);
        layer.x.insert(layer.x.end(), x.begin(), x.end());
        layer.y.insert(layer.y.end(), y.begin(), y.end());
        layer.x.push_back(pen_up);
        layer.y.push_back(pen_up);
    }
    if (!layer.x.empty()) drawing.layers.push_back(std::move(layer));
}

}  // namespace

figure locus_figure(const diagram_document& result, std::span<const measured_points> measured) {
    const auto& columns = first_columns(result);
    figure drawing;
    drawing.x_axis = axis_name(columns.names.at(0));
    drawing.y_axis = axis_name(columns.names.at(1));
    add_curves(result.data, "fold", layer_color::blue, drawing);
    add_curves(result.data, "branch point", layer_color::purple, drawing);
    add_curves(result.data, "hopf", layer_color::green, drawing);
    add_curves(result.data, "fold of cycles", layer_color::orange, drawing);
    add_measured(measured, drawing);
    const auto shade = shading_of(result.data, box_of(drawing));
    drawing.layers.insert(drawing.layers.begin(), shade.begin(), shade.end());

    special_layers special;
    for (const auto& point : result.data.special_points)
        if (const auto* curve = find_branch(result.data, point.branch))
            special.add(point, curve->columns.columns.at(0).at(point.row),
                        curve->columns.columns.at(1).at(point.row));
    special.move_to(drawing);
    return drawing;
}

std::vector<named_figure> figures_of(const diagram_document& result) {
    return {{"", result.heading.schema == locus_schema ? locus_figure(result)
                                                       : diagram_figure(result)}};
}

void save_figures(std::span<const named_figure> figures, const std::filesystem::path& path) {
    for (const auto& [name, drawing] : figures) {
        auto file = path;
        if (!name.empty())
            file.replace_filename(
                fmt::format("{}-{}{}", path.stem().string(), name, path.extension().string()));
        save_figure(drawing, file);
    }
}

}  // namespace moebius
