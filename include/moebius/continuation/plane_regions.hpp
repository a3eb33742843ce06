// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace moebius {

/// A window of two varied parameters; the ends of each side in any order, and different.
struct plane_window {
    double x_from = 0, x_to = 1, y_from = 0, y_to = 1;
};

/// A point of the plane of two parameters.
struct plane_point {
    double x = 0, y = 0;
};

/// The parts into which curves cut a window, on a raster of 384 x 384 cells: what a cell of the
/// raster joins to another without a curve between them, edge by edge. Parts narrower than a cell
/// are not seen.
class plane_regions {
public:
    static constexpr std::size_t side = 384;

    explicit plane_regions(const plane_window& window);

    /// Draws a curve through points, of which what lies in the window counts; where one is not
    /// finite the pen is lifted.
    void cut(std::span<const double> x, std::span<const double> y);

    /// Numbers the parts from 0, once all curves are drawn.
    void number();

    [[nodiscard]] std::size_t count() const { return sizes_.size(); }
    [[nodiscard]] std::size_t size(std::size_t region) const { return sizes_[region]; }  ///< cells

    /// None outside the window.
    [[nodiscard]] std::optional<std::size_t> cell_at(const plane_point& p) const;

    /// None on a curve and outside the window.
    [[nodiscard]] std::optional<std::size_t> at(const plane_point& p) const;

    /// Up to `most` centres of cells of a region, far from its border and from one another.
    [[nodiscard]] std::vector<plane_point> places_in(std::size_t region, std::size_t most) const;

    /// The region of each cell, row by row from y_from; `border` on a curve.
    static constexpr std::size_t border = static_cast<std::size_t>(-1);
    [[nodiscard]] std::span<const std::size_t> cells() const { return region_; }
    [[nodiscard]] plane_point corner(std::size_t column, std::size_t row) const;  ///< of cells
    [[nodiscard]] plane_point centre(std::size_t cell) const;

private:
    [[nodiscard]] plane_point in_cells(const plane_point& p) const;
    void measure();

    plane_window window_;
    std::vector<std::size_t> region_;  // of each cell
    std::vector<std::size_t> sizes_;
    std::vector<unsigned> depth_;  // cells from the border, edge by edge
};

}  // namespace moebius
