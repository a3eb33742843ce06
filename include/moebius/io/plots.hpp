// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <moebius/io/figure.hpp>
#include <moebius/io/result.hpp>
#include <span>
#include <string>
#include <vector>

namespace moebius {

/// Measurements that are laid over a computed figure, in its axes.
struct measured_points {
    std::string title;  ///< in the legend
    layer_color color = layer_color::ink;
    layer_marker marker = layer_marker::ring;
    std::vector<double> x, y;
    std::vector<double> error;  ///< standard errors; or empty
    bool error_in_x = false;    ///< the errors are those of x, else of y
};

/// Load gap (or the state, for a model without loads) over the varied parameter: stable parts
/// solid, unstable ones dashed, special points labelled.
[[nodiscard]] figure diagram_figure(const diagram_document& result,
                                    std::span<const measured_points> measured = {});

/// Fold curves over two parameters, with cusps labelled and what lies between the arms of a curve
/// with a cusp shaded: there more than one state is stable.
[[nodiscard]] figure locus_figure(const diagram_document& result,
                                  std::span<const measured_points> measured = {});

/// A figure of a result that may have several, and the word that tells it from the others. Those of
/// one name are panels of one picture.
struct named_figure {
    std::string name;  ///< empty if there is one picture alone
    figure drawing;
};

/// All figures of a result, by its schema. A validation has two: `diagram`, with the measured loads
/// on it, and `cusp`, with the measured jumps.
/// @throws invalid_argument for a schema that has no figure
[[nodiscard]] std::vector<named_figure> figures_of(const diagram_document& result);
[[nodiscard]] std::vector<named_figure> figures_of(const result_document& result);

/// Writes each picture to `path`, with "-name" before its ending where there are several.
/// @param figures  those of one picture in a row
/// @return the files
/// @throws as save_figure
std::vector<std::filesystem::path> save_figures(std::span<const named_figure> figures,
                                                const std::filesystem::path& path);

/// "feedback κ", "load gap m = n₁ − n₂": the name of a column as an axis shows it.
[[nodiscard]] std::string axis_name(std::string_view column);

}  // namespace moebius
