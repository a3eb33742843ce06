// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/plots.hpp>
#include <moebius/plan/figure.hpp>
#include <set>

namespace moebius {
namespace {

constexpr std::size_t classes = 5;
constexpr std::array colors{layer_color::blue, layer_color::sky, layer_color::green,
                            layer_color::orange, layer_color::vermillion};

/// Values, or the lower ends of equal parts of their range.
struct value_classes {
    std::vector<double> from;
    bool are_values = true;

    [[nodiscard]] std::size_t of(double value) const {
        const auto above = std::upper_bound(from.begin(), from.end(), value);
        return above == from.begin() ? 0 : static_cast<std::size_t>(above - from.begin()) - 1;
    }

    [[nodiscard]] std::string title(const std::string& name, std::size_t i) const {
        return are_values ? fmt::format("{} = {:g}", name, from[i])
                          : fmt::format("{} from {:.4g}", name, from[i]);
    }
};

value_classes classes_of(const std::vector<double>& column) {
    std::set<double> values;
    double least = INFINITY, most = -INFINITY;
    for (const double value : column) {
        if (!std::isfinite(value)) continue;
        if (values.size() <= classes) values.insert(value);
        least = std::min(least, value);
        most = std::max(most, value);
    }
    value_classes out{{values.begin(), values.end()}};
    if (values.size() <= classes) return out;
    out = {std::vector<double>(classes), false};
    for (std::size_t i = 0; i < classes; ++i)
        out.from[i] = least + (most - least) * static_cast<double>(i) / classes;
    return out;
}

figure_layer layer_named(std::string title, layer_color color, layer_marker marker) {
    figure_layer out;
    out.title = std::move(title);
    out.look = layer_look::points;
    out.color = color;
    out.marker = marker;
    return out;
}

std::size_t points_in(const figure& drawing) {
    std::size_t out = 0;
    for (const auto& layer : drawing.layers) out += layer.x.size();
    return out;
}

constexpr std::size_t cells = 256;  ///< of each axis: some two units of a figure's width

std::size_t cell_of(double value, double from, double to) {
    const double share = (value - from) / (to - from);
    return share > 0 ? std::min(cells - 1, static_cast<std::size_t>(share * cells)) : 0;
}

/// Leaves the first point of each cell.
void thin_layer(figure_layer& layer, const std::array<double, 4>& box) {
    std::vector<bool> taken(cells * cells);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < layer.x.size(); ++i) {
        auto cell = taken[cell_of(layer.x[i], box[0], box[1]) * cells +
                          cell_of(layer.y[i], box[2], box[3])];
        if (cell) continue;
        cell = true;
        layer.x[kept] = layer.x[i];
        layer.y[kept++] = layer.y[i];
    }
    layer.x.resize(kept);
    layer.y.resize(kept);
}

/// gnuplot takes a minute for a million markers, of which nearly all would lie on others.
void thin(figure& drawing) {
    const auto all = points_in(drawing);
    if (all <= cells * cells) return;
    const auto box = box_of(drawing);
    for (auto& layer : drawing.layers) thin_layer(layer, box);
    if (const auto drawn = points_in(drawing); drawn < all)
        drawing.title =
            fmt::format("{} of {} points: of each kind one in 1/{} of an axis", drawn, all, cells);
}

const std::string& drawn_quantity(const sweep_plan& plan, std::string_view wanted) {
    std::vector<std::string_view> names;
    for (const auto& one : plan.keep) {
        if (wanted.empty() || one.name == wanted) return one.name;
        names.emplace_back(one.name);
    }
    throw invalid_argument("figure", fmt::format("the quantity {} came", excerpt(wanted)),
                           "the plan keeps no such one" + did_you_mean(wanted, names));
}

}  // namespace

figure figure_of(const sweep_plan& plan, const plan_rows& rows, std::string_view quantity) {
    if (plan.axes.empty())
        throw invalid_argument("figure", "a plan without axes came", "there must be one to draw");
    const auto all = table_of(plan, rows);
    const auto& name = drawn_quantity(plan, quantity);
    const auto& values = all.at(name);
    const bool is_map = plan.axes.size() > 1;
    const auto parts = is_map ? classes_of(values) : value_classes{{-INFINITY}};
    std::vector<figure_layer> layers;
    for (std::size_t i = 0; i < parts.from.size(); ++i)
        layers.push_back(layer_named(is_map ? parts.title(name, i) : name, colors[i],
                                     is_map ? layer_marker::square : layer_marker::circle));
    layers.push_back(layer_named("failed", layer_color::ink, layer_marker::cross));
    const auto& status = all.at("status");
    const auto& across = all.at(plan.axes[0].name);
    const auto& up = is_map ? all.at(plan.axes[1].name) : values;
    for (std::size_t row = 0; row < all.rows(); ++row) {
        const bool failed = status[row] == 2;
        if (!failed && !std::isfinite(values[row])) continue;
        auto& layer = failed ? layers.back() : layers[parts.of(values[row])];
        layer.x.push_back(across[row]);
        layer.y.push_back(up[row]);
    }
    if (layers.back().x.empty() || !is_map) layers.pop_back();
    figure out{
        "", axis_name(plan.axes[0].name), is_map ? axis_name(plan.axes[1].name) : name, layers, {},
        {}};
    thin(out);
    return out;
}

}  // namespace moebius
