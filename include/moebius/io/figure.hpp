// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace moebius {

/// How a layer of a figure is drawn.
enum class layer_look {
    solid,   ///< a line
    dashed,  ///< a line as wide as a solid one
    points,  ///< markers, with vertical bars where there are errors
    region,  ///< a filled polygon
};

/// Colours that the colour-blind can tell apart (Okabe and Ito), by their use.
enum class layer_color { blue, vermillion, green, purple, orange, sky, ink, shade };

/// Markers: filled ones, the same open, and two for measurements.
enum class layer_marker {
    circle,
    square,
    diamond,
    triangle,
    down_triangle,
    pentagon,
    open_square,
    open_diamond,
    open_triangle,
    open_pentagon,
    ring,
    cross,
    open_down_triangle,
    plus
};

/// Between two points, lifts the pen that draws a line.
inline constexpr double pen_up = std::numeric_limits<double>::quiet_NaN();

/// One kind of thing in a figure. A NaN in x or y, as pen_up, breaks a line.
struct figure_layer {
    std::string title;  ///< in the legend; empty: not there
    layer_look look = layer_look::solid;
    layer_color color = layer_color::blue;
    layer_marker marker = layer_marker::circle;
    std::vector<double> x, y;
    std::vector<double> error;  ///< standard errors, one each; or empty
    bool error_in_x = false;    ///< the errors are those of x, else of y
};

/// A text at a point; the writer finds a place near it that is free of lines.
struct figure_label {
    std::string text;
    double x = 0, y = 0;
};

/// A figure as data. Layers are drawn in their order, labels above all.
struct figure {
    std::string title, x_axis, y_axis;
    std::vector<figure_layer> layers;
    std::vector<figure_label> labels;
    /// {x from, x to, y from, y to} to show; nothing: all that there is.
    std::optional<std::array<double, 4>> view;
};

/// Whether a finite line, marker or region lies in view: else there is nothing to draw.
/// @throws as save_figure of the figure's own faults
[[nodiscard]] bool has_points(const figure& drawing);

/// The least box that holds every finite point of every layer: {x from, x to, y from, y to}.
/// @throws invalid_argument if there is none
[[nodiscard]] std::array<double, 4> box_of(const figure& drawing);

/// Draws through gnuplot; written as write_file does it. The same figure gives the same bytes.
///
/// Its texts are shown as they are: no text is a command, and what no line of text may hold is
/// shown as U+FFFD. Only what is in view is handed on, so that work is bounded by the points.
/// @param path  ends in .svg, .png or .pdf
/// @throws invalid_argument for another ending, more than 500 layers, one whose parts differ in
///         length, an axis that would need numbers beyond 1e300, and if nothing is in view;
///         io_error if gnuplot is missing, fails or takes more than a minute, or the file cannot be
///         written
void save_figure(const figure& drawing, const std::filesystem::path& path);

/// Panels of one picture, below one another.
/// @param panels  one or more
/// @throws as save_figure of one
void save_figure(std::span<const figure> panels, const std::filesystem::path& path);

/// The same as the text of an SVG file.
/// @throws as save_figure, but for the file
[[nodiscard]] std::string svg_of(const figure& drawing);

/// Fails now rather than after a long run.
/// @throws invalid_argument for an ending other than .svg, .png or .pdf
void require_figure_ending(const std::filesystem::path& path);

/// The version line of the gnuplot that would draw; empty if there is none.
[[nodiscard]] std::string gnuplot_version();

}  // namespace moebius
