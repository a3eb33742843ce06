// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/io/plots.hpp>
#include <moebius/model/registry.hpp>
#include <optional>
#include <unordered_map>

#include "heights.hpp"
#include "shading.hpp"

namespace moebius {
namespace {

void add_measured(std::span<const measured_points> measured, figure& drawing) {
    for (const auto& points : measured)
        drawing.layers.push_back({points.title, layer_look::points, points.color, points.marker,
                                  points.x, points.y, points.error, points.error_in_x});
}

/// The branches of a diagram as figures read them: special points name a branch and a row of it.
class drawn_branches {
public:
    explicit drawn_branches(const diagram& curves) {
        for (std::size_t i = 0; i < curves.branches.size(); ++i) {
            tables_.emplace_back(curves.branches[i].columns,
                                 fmt::format("/branches/{}/columns", i));
            index_.emplace(curves.branches[i].id, i);
        }
    }
    [[nodiscard]] const drawn_table& operator[](std::size_t i) const { return tables_.at(i); }

    /// Where the point's branch stands; nothing if it is not there.
    /// @throws invalid_argument if that branch has no such row
    [[nodiscard]] std::optional<std::size_t> place_of(const special_point& point) const {
        const auto found = index_.find(point.branch);
        if (found == index_.end()) return std::nullopt;
        if (const auto rows = tables_[found->second].rows(); point.row >= rows)
            throw invalid_argument(fmt::format("special point '{}'", point.label),
                                   fmt::format("its row is {}", point.row),
                                   fmt::format("branch {} has {} rows", point.branch, rows));
        return found->second;
    }

private:
    std::vector<drawn_table> tables_;
    std::unordered_map<int, std::size_t> index_;
};

constexpr std::size_t kinds_of_points = static_cast<std::size_t>(point_type::IFU) + 1;

/// Title and marker of each type of special point.
const auto& looks_of_points() {
    using enum layer_marker;  // one a type
    static constexpr std::array<std::pair<const char*, layer_marker>, kinds_of_points> looks{{
        {"", circle},
        {"branch point (BP)", square},
        {"fold (LP)", circle},
        {"Hopf (HB)", pentagon},
        {"period doubling (PD)", triangle},
        {"torus (NS)", down_triangle},
        {"fold of cycles (LPC)", open_pentagon},
        {"cusp (CP)", diamond},
        {"Bogdanov-Takens (BT)", open_square},
        {"generalized Hopf (GH)", open_diamond},
        {"zero-Hopf (ZH)", open_triangle},
        {"double Hopf (HH)", ring},
        {"resonance 1:1 (R1)", open_down_triangle},
        {"resonance 1:2 (R2)", open_down_triangle},
        {"resonance 1:3 (R3)", open_down_triangle},
        {"resonance 1:4 (R4)", open_down_triangle},
        {"fold and doubling (LPPD)", plus},
        {"fold and torus (LPNS)", plus},
        {"doubling and torus (PDNS)", plus},
        {"two tori (NSNS)", plus},
        {"generalized doubling (GPD)", open_diamond},
        {"Chenciner (CH)", open_diamond},
        {"neutral saddle (NSS)", ring},
        {"neutral saddle-focus (NSF)", ring},
        {"neutral focus (NFF)", ring},
        {"double stable eigenvalue (DRS)", open_triangle},
        {"double unstable eigenvalue (DRU)", open_triangle},
        {"saddle-node homoclinic (NCH)", diamond},
        {"Shilnikov-Hopf (SH)", diamond},
        {"orbit flip, stable (OFS)", open_diamond},
        {"orbit flip, unstable (OFU)", open_diamond},
        {"inclination flip, stable (IFS)", open_square},
        {"inclination flip, unstable (IFU)", open_square},
    }};
    return looks;
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
        for (std::size_t type = 0; type < layers_.size(); ++type) {
            auto& layer = layers_[type];
            if (layer.x.empty()) continue;
            layer.title = looks_of_points()[type].first;
            layer.look = layer_look::points;
            layer.color = layer_color::ink;
            layer.marker = looks_of_points()[type].second;
            drawing.layers.push_back(std::move(layer));
        }
        drawing.labels = std::move(labels_);
    }

private:
    std::array<figure_layer, kinds_of_points> layers_;
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
    void add(const drawn_table& columns, const std::vector<double>& y) {
        const auto& x = columns.column(0);
        const auto& flags = columns.at("stable");
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

/// More than two experts: their loads are shown, not a gap.
bool draws_loads(const branch& curve) { return curve.groups.size() > 0; }

/// What is drawn upwards of a branch, and where its special points stand.
std::vector<double> heights_of(const branch& curve, const drawn_table& columns) {
    if (curve.kind == "cycle")
        for (const auto& name : columns.names())
            if (name.ends_with("_max")) return columns.at(name);
    if (draws_loads(curve) && curve.kind != "cycle") return columns.at("load_1");
    return heights(columns, 1);
}

/// The branches of a diagram, by what is drawn of them.
class branch_layers {
public:
    void add(const branch& curve, const drawn_table& columns) {
        if (curve.kind == "cycle") return add_band(columns);
        plain_.add(columns, heights_of(curve, columns));
        for (std::size_t g = 2; g <= curve.groups.size(); ++g)
            others_.add(columns, columns.at(fmt::format("load_{}", g)));
    }

    void move_to(figure& drawing) {
        for (auto* layers : {&plain_, &others_, &cycles_}) layers->move_to(drawing);
    }

private:
    void add_band(const drawn_table& columns) {
        for (const auto& name : columns.names())
            if (name.ends_with("_min") || name.ends_with("_max"))
                cycles_.add(columns, columns.at(name));
    }

    stability_layers plain_{"", layer_color::blue, layer_color::vermillion};
    stability_layers others_{"other groups", layer_color::sky, layer_color::orange};
    stability_layers cycles_{"cycle, least and most", layer_color::green, layer_color::purple};
};

void check_branches(const diagram_document& result) {
    if (result.data.branches.empty())
        throw invalid_argument("figure", "a result without branches came",
                               "there must be one to draw");
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
    check_branches(result);
    const auto& curves = result.data.branches;
    const drawn_branches drawn(result.data);
    figure drawing;
    drawing.x_axis = axis_name(drawn[0].name(0));
    drawing.y_axis =
        draws_loads(curves.front()) ? "load of an expert nₑ" : height_name(drawn[0], 1);
    branch_layers layers;
    for (std::size_t i = 0; i < curves.size(); ++i) layers.add(curves[i], drawn[i]);
    layers.move_to(drawing);
    add_measured(measured, drawing);

    std::unordered_map<std::size_t, std::vector<double>> upwards;
    special_layers special;
    for (const auto& point : result.data.special_points)
        if (const auto i = drawn.place_of(point)) {
            auto& y = upwards[*i];
            if (y.empty()) y = heights_of(curves[*i], drawn[*i]);
            special.add(point, drawn[*i].column(0)[point.row], y[point.row]);
        }
    special.move_to(drawing);
    return drawing;
}

namespace {

/// All curves of one kind as one layer.
void add_curves(const diagram& curves, const drawn_branches& drawn, std::string_view kind,
                layer_color color, figure& drawing) {
    figure_layer layer{kind == "hopf" ? "Hopf" : std::string(kind),
                       layer_look::solid,
                       color,
                       {},
                       {},
                       {},
                       {},
                       false};
    for (std::size_t i = 0; i < curves.branches.size(); ++i) {
        if (curves.branches[i].kind != kind) continue;
        const auto& x = drawn[i].column(0);
        const auto& y = drawn[i].column(1);
        layer.x.insert(layer.x.end(), x.begin(), x.end());
        layer.y.insert(layer.y.end(), y.begin(), y.end());
        layer.x.push_back(pen_up);
        layer.y.push_back(pen_up);
    }
    if (!layer.x.empty()) drawing.layers.push_back(std::move(layer));
}

}  // namespace

figure locus_figure(const diagram_document& result, std::span<const measured_points> measured) {
    check_branches(result);
    const drawn_branches drawn(result.data);
    figure drawing;
    drawing.x_axis = axis_name(drawn[0].name(0));
    drawing.y_axis = axis_name(drawn[0].name(1));
    add_curves(result.data, drawn, "fold", layer_color::blue, drawing);
    add_curves(result.data, drawn, "branch point", layer_color::purple, drawing);
    add_curves(result.data, drawn, "hopf", layer_color::green, drawing);
    add_curves(result.data, drawn, "doubling", layer_color::sky, drawing);
    add_curves(result.data, drawn, "torus", layer_color::vermillion, drawing);
    add_curves(result.data, drawn, "fold of cycles", layer_color::orange, drawing);
    add_curves(result.data, drawn, "doubling of cycles", layer_color::sky, drawing);
    add_curves(result.data, drawn, "torus of cycles", layer_color::vermillion, drawing);
    add_curves(result.data, drawn, "branch point of cycles", layer_color::ink, drawing);
    add_curves(result.data, drawn, "homoclinic", layer_color::blue, drawing);
    add_measured(measured, drawing);
    if (auto shade = shading_of(result.data))
        drawing.layers.insert(drawing.layers.begin(), std::move(*shade));

    special_layers special;
    for (const auto& point : result.data.special_points)
        if (const auto i = drawn.place_of(point))
            special.add(point, drawn[*i].column(0)[point.row], drawn[*i].column(1)[point.row]);
    special.move_to(drawing);
    return drawing;
}

std::vector<named_figure> figures_of(const diagram_document& result) {
    return {{"", result.heading.schema == locus_schema ? locus_figure(result)
                                                       : diagram_figure(result)}};
}

std::vector<std::filesystem::path> save_figures(std::span<const named_figure> figures,
                                                const std::filesystem::path& path) {
    std::vector<std::filesystem::path> files;
    for (std::size_t i = 0; i < figures.size();) {
        const auto& name = figures[i].name;
        std::vector<figure> panels;
        for (; i < figures.size() && figures[i].name == name; ++i)
            panels.push_back(figures[i].drawing);
        auto& file = files.emplace_back(path);
        if (!name.empty())
            file.replace_filename(
                fmt::format("{}-{}{}", path.stem().string(), name, path.extension().string()));
        save_figure(panels, file);
    }
    return files;
}

}  // namespace moebius
