// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/figure.hpp>

#include "clip.hpp"
#include "gnuplot.hpp"
#include "label_place.hpp"

namespace moebius {
namespace {

constexpr std::array<std::string_view, 8> colors{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                 "#E69F00", "#56B4E9", "#222222", "#E4EEF5"};
constexpr std::array<int, 14> markers{7,  5, 13, 9, 11, 15, 4,
                                      12, 8, 14, 6, 2,  10, 1};  // point types

/// Of a terminal: its words before and after its size, and the size of a picture of one panel.
struct file_kind {
    std::string_view ending, name, settings;
    double width, height;
    std::string_view unit;

    /// Panels below one another are lower than a picture of its own.
    [[nodiscard]] std::string terminal(std::size_t panels) const {
        constexpr double of_panel = 0.75;
        const double tall = panels == 1 ? 1 : of_panel * static_cast<double>(panels);
        return fmt::format("{} size {}{},{:.6g}{} noenhanced {}", name, width, unit, height * tall,
                           unit, settings);
    }
    [[nodiscard]] std::string quoted(std::string_view text) const {
        return gnuplot_text(text, ending == ".svg");
    }
};
constexpr std::array<file_kind, 3> file_kinds{{
    {".svg", "svg", "font 'DejaVu Sans,15' linewidth 1.2 background '#ffffff'", 960, 640, ""},
    {".png", "pngcairo", "font 'DejaVu Sans,22' linewidth 1.8 pointscale 1.5", 1440, 960, ""},
    {".pdf", "pdfcairo", "font 'DejaVu Sans,11' linewidth 1.2", 6.4, 4.27, "in"},
}};

const file_kind& kind_of(const std::filesystem::path& path) {
    for (const auto& kind : file_kinds)
        if (path.extension() == kind.ending) return kind;
    throw invalid_argument("figure", fmt::format("'{}' came", path.string()),
                           "its name must end in .svg, .png or .pdf");
}

/// gnuplot's axes take no wider numbers: the width of a range must be finite, too.
constexpr double largest = 1e300;

/// Room around the data, so that nothing is clipped at the frame.
std::array<double, 4> frame_of(const figure& drawing) {
    auto box = drawing.view.value_or(box_of(drawing));
    for (const std::size_t side : {0U, 2U}) {
        if (!(std::abs(box[side]) <= largest && std::abs(box[side + 1]) <= largest))
            throw invalid_argument("figure",
                                   fmt::format("{} runs from {} to {}", side == 0 ? "x" : "y",
                                               box[side], box[side + 1]),
                                   fmt::format("an axis takes numbers up to {}", largest));
        const double least = 1e-9 * std::max(1.0, std::abs(box[side]));
        const double room = std::max(0.04 * (box[side + 1] - box[side]), least);
        box[side] -= room;
        box[side + 1] += room;
    }
    return box;
}

bool is_finite(const figure_layer& layer, std::size_t i) {
    return std::isfinite(layer.x[i]) && std::isfinite(layer.y[i]);
}

bool has_finite_point(const figure& drawing) {
    for (const auto& layer : drawing.layers)
        for (std::size_t i = 0; i < layer.x.size(); ++i)
            if (is_finite(layer, i)) return true;
    return false;
}

void check_layers(const figure& drawing) {
    constexpr std::size_t most = 500;  // far beyond what colours and a legend can tell apart
    if (drawing.layers.size() > most)
        throw invalid_argument("figure", fmt::format("it has {} layers", drawing.layers.size()),
                               fmt::format("a picture takes {}", most));
    for (const auto& layer : drawing.layers)
        if (layer.x.size() != layer.y.size() ||
            (!layer.error.empty() && layer.error.size() != layer.x.size()))
            throw invalid_argument("figure",
                                   fmt::format("'{}' has {} x, {} y and {} errors", layer.title,
                                               layer.x.size(), layer.y.size(), layer.error.size()),
                                   "there must be as many of each");
}

/// What there is to see: the layers within the frame.
figure in_frame(const figure& drawing, const std::array<double, 4>& frame) {
    figure out{drawing.title, drawing.x_axis, drawing.y_axis, {}, drawing.labels, frame};
    for (const auto& layer : drawing.layers) {
        auto shown = clipped(layer, frame);
        if (!shown.x.empty()) out.layers.push_back(std::move(shown));
    }
    return out;
}

void append_data(const figure_layer& layer, std::size_t index, std::string& out) {
    fmt::format_to(std::back_inserter(out), "$layer{} << END\n", index);
    for (std::size_t i = 0; i < layer.x.size(); ++i) {
        if (std::isnan(layer.x[i])) {  // the pen goes up
            out += '\n';
            continue;
        }
        fmt::format_to(std::back_inserter(out), "{} {}", layer.x[i], layer.y[i]);
        if (!layer.error.empty()) fmt::format_to(std::back_inserter(out), " {}", layer.error[i]);
        out += '\n';
    }
    out += "END\n";
}

std::string_view color_of(const figure_layer& layer) {
    return colors[static_cast<std::size_t>(layer.color)];
}

std::string style_of(const figure_layer& layer) {
    const auto color = color_of(layer);
    const auto marker = markers[static_cast<std::size_t>(layer.marker)];
    switch (layer.look) {
        case layer_look::solid:
            return fmt::format("with lines lw 2 dt solid lc '{}'", color);
        case layer_look::dashed:
            return fmt::format("with lines lw 2 dt (9,7) lc '{}'", color);
        case layer_look::region:
            return fmt::format("with filledcurves closed fs solid noborder lc '{}'", color);
        case layer_look::points:
            break;
    }
    return fmt::format("with points pt {} ps 1.2 lw 1.5 lc '{}'", marker, color);
}

void append_plot(const figure& drawing, const file_kind& kind, std::string& out) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < drawing.layers.size(); ++i) {
        const auto& layer = drawing.layers[i];
        if (!layer.error.empty())
            parts.push_back(
                fmt::format("$layer{} with {}errorbars pt 0 ps 0 lw 1.4 lc '{}' notitle", i,
                            layer.error_in_x ? 'x' : 'y', color_of(layer)));
        const auto title =
            layer.title.empty() ? "notitle" : fmt::format("title {}", kind.quoted(layer.title));
        parts.push_back(fmt::format("$layer{} using 1:2 {} {}", i, style_of(layer), title));
    }
    fmt::format_to(std::back_inserter(out), "plot {}\n", fmt::join(parts, ", "));
}

/// What all panels of a picture share.
std::string script_head(std::size_t panels, const file_kind& kind) {
    auto out = fmt::format(
        "set encoding utf8\nset terminal {}\n"
        "set border 3 lw 1 lc '#444444'\nset tics nomirror out scale 0.6 tc '#222222'\n"
        "set grid lc '#e2e2e2' lw 0.8 dt solid back\n"
        "set key tmargin center horizontal Left reverse maxcols 3 samplen 2.6 spacing 1.15 tc "
        "'#222222'\n"
        "set style textbox opaque noborder fc '#ffffff' margins 0.2,0.2\n"
        "set bars 0.5\n",
        kind.terminal(panels));
    if (panels > 1)  // with one left margin their steps stand below one another
        fmt::format_to(std::back_inserter(out), "set multiplot layout {},1\nset lmargin 11\n",
                       panels);
    return out;
}

/// @param drawing  lies within its view
void append_panel(const figure& drawing, const file_kind& kind, std::string& out) {
    const auto& frame = *drawing.view;
    fmt::format_to(
        std::back_inserter(out),
        "unset label\nset xrange [{}:{}]\nset yrange [{}:{}]\nset xlabel {}\n"
        "set ylabel {}\n{}\n",
        frame[0], frame[1], frame[2], frame[3], kind.quoted(drawing.x_axis),
        kind.quoted(drawing.y_axis),
        drawing.title.empty() ? "unset title" : "set title " + kind.quoted(drawing.title));
    for (const auto& placed : place_labels(drawing, frame))
        fmt::format_to(std::back_inserter(out), "set label {} at {},{} center front\n",
                       kind.quoted(placed.text), placed.x, placed.y);
    for (std::size_t i = 0; i < drawing.layers.size(); ++i) append_data(drawing.layers[i], i, out);
    append_plot(drawing, kind, out);
}

/// The same figure is the same bytes: a PDF says when it was made, and its tables count its bytes,
/// so another date of the same length is written over it.
void forget_date(std::string& picture) {
    constexpr std::string_view key = "/CreationDate (D:", date = "19700101000000";
    const auto at = picture.rfind(key);
    if (at == picture.npos || at + key.size() + date.size() > picture.size()) return;
    picture.replace(at + key.size(), date.size(), date);
}

}  // namespace

bool has_points(const figure& drawing) {
    check_layers(drawing);
    return has_finite_point(drawing) && !in_frame(drawing, frame_of(drawing)).layers.empty();
}

std::array<double, 4> box_of(const figure& drawing) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (!has_finite_point(drawing))
        throw invalid_argument("figure", "no finite point came", "there must be one to draw");
    std::array<double, 4> box{infinity, -infinity, infinity, -infinity};
    for (const auto& layer : drawing.layers)
        for (std::size_t i = 0; i < layer.x.size(); ++i) {
            if (!is_finite(layer, i)) continue;
            const double error = layer.error.empty() ? 0 : layer.error[i];
            const double bar = std::isfinite(error) ? error : 0;
            const double dx = layer.error_in_x ? bar : 0, dy = bar - dx;
            box = {std::min(box[0], layer.x[i] - dx), std::max(box[1], layer.x[i] + dx),
                   std::min(box[2], layer.y[i] - dy), std::max(box[3], layer.y[i] + dy)};
        }
    return box;
}

void require_figure_ending(const std::filesystem::path& path) { kind_of(path); }

namespace {

/// What is seen of a figure.
figure seen_of(const figure& drawing) {
    check_layers(drawing);
    auto seen = in_frame(drawing, frame_of(drawing));
    if (seen.layers.empty())
        throw invalid_argument("figure", "no line or point lies in its frame",
                               "there must be one to draw");
    return seen;
}

std::string picture_of(std::span<const figure> panels, const file_kind& kind) {
    auto script = script_head(panels.size(), kind);
    for (const auto& drawing : panels) append_panel(seen_of(drawing), kind, script);
    auto picture = run_gnuplot({}, script);
    if (picture.empty()) throw io_error("gnuplot", "it drew nothing");
    forget_date(picture);
    return picture;
}

}  // namespace

void save_figure(std::span<const figure> panels, const std::filesystem::path& path) {
    write_file(path, picture_of(panels, kind_of(path)));
}

void save_figure(const figure& drawing, const std::filesystem::path& path) {
    save_figure(std::span(&drawing, 1), path);
}

std::string svg_of(const figure& drawing) {
    return picture_of(std::span(&drawing, 1), file_kinds[0]);
}

std::string gnuplot_version() {
    try {
        auto line = run_gnuplot({"--version"}, "");
        line.erase(std::find(line.begin(), line.end(), '\n'), line.end());
        return line;
    } catch (const io_error&) {
        return {};
    }
}

}  // namespace moebius
