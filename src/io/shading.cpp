// SPDX-License-Identifier: MIT
#include "shading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "drawn_table.hpp"

namespace moebius {
namespace {

struct spot {
    double x, y;
};

/// How far round the unit square, from its lower left corner to the right, the projection of p
/// onto its border lies; 0 <= result <= 4, also of a point that is not within it.
double turn_of(const spot& p) {
    const double x = std::clamp(p.x, 0.0, 1.0), y = std::clamp(p.y, 0.0, 1.0);
    const std::array<double, 4> distance{y, 1 - x, 1 - y, x};
    const auto side = std::min_element(distance.begin(), distance.end()) - distance.begin();
    const std::array<double, 4> along{x, y, 1 - x, 1 - y};
    return static_cast<double>(side) + along[static_cast<std::size_t>(side)];
}

/// The corners passed on the way from turn a to turn b, to the left (counterclockwise).
std::vector<spot> corners_between(double a, double b) {
    constexpr std::array<spot, 4> corners{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
    if (b < a) b += 4;
    std::vector<spot> out;
    for (int k = static_cast<int>(std::floor(a)) + 1; k < b; ++k)
        out.push_back(corners[static_cast<std::size_t>(k % 4)]);
    return out;
}

/// Counts crossings of the ray from p to the right.
bool contains(const std::vector<spot>& polygon, const spot& p) {
    bool inside = false;
    for (std::size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
        const auto& [ax, ay] = polygon[i];
        const auto& [bx, by] = polygon[j];
        if ((ay > p.y) != (by > p.y) && p.x < ax + (bx - ax) * (p.y - ay) / (by - ay))
            inside = !inside;
    }
    return inside;
}

/// The curve in the unit square that `box` becomes; empty if it is not finite everywhere, or the
/// box is but a line: then it bounds no region.
std::vector<spot> scaled(const branch& curve, const std::array<double, 4>& box) {
    const drawn_table columns(curve.columns, fmt::format("the columns of branch {}", curve.id));
    const auto& x = columns.column(0);
    const auto& y = columns.column(1);
    std::vector<spot> out;
    for (std::size_t row = 0; row < x.size(); ++row) {
        const spot p{(x[row] - box[0]) / (box[1] - box[0]), (y[row] - box[2]) / (box[3] - box[2])};
        if (!std::isfinite(p.x) || !std::isfinite(p.y)) return {};
        out.push_back(p);
    }
    return out;
}

/// Between the two arms, halfway from the row's neighbours at some distance from the cusp.
spot inside_of_cusp(const std::vector<spot>& curve, std::size_t cusp) {
    const std::size_t reach = std::min({cusp, curve.size() - 1 - cusp, std::size_t{5}});
    const auto& a = curve[cusp - reach];
    const auto& b = curve[cusp + reach];
    return {(a.x + b.x) / 2, (a.y + b.y) / 2};
}

/// The row of the first cusp on each branch.
std::unordered_map<int, std::size_t> cusps_of(const diagram& folds) {
    std::unordered_map<int, std::size_t> out;
    for (const auto& point : folds.special_points)
        if (point.type == point_type::CP) out.emplace(point.branch, point.row);
    return out;
}

/// The curve, closed along the border of the unit square on the side that its cusp opens to.
std::vector<spot> region_of(const std::vector<spot>& curve, std::size_t cusp) {
    const double from = turn_of(curve.back()), to = turn_of(curve.front());
    const auto left = corners_between(from, to);
    auto right = corners_between(to, from);
    std::reverse(right.begin(), right.end());
    auto one = curve, other = curve;
    one.insert(one.end(), left.begin(), left.end());
    other.insert(other.end(), right.begin(), right.end());
    return contains(one, inside_of_cusp(curve, cusp)) ? one : other;
}

}  // namespace

std::vector<figure_layer> shading_of(const diagram& folds, const std::array<double, 4>& box) {
    std::vector<figure_layer> out;
    const auto cusps = cusps_of(folds);
    for (const auto& curve : folds.branches) {
        const auto cusp = cusps.find(curve.id);
        if (cusp == cusps.end()) continue;
        const auto points = scaled(curve, box);
        if (cusp->second >= points.size()) continue;
        figure_layer region{out.empty() ? "more than one stable state" : "",
                            layer_look::region,
                            layer_color::shade,
                            {},
                            {},
                            {},
                            {},
                            false};
        for (const auto& [x, y] : region_of(points, cusp->second)) {
            region.x.push_back(box[0] + x * (box[1] - box[0]));
            region.y.push_back(box[2] + y * (box[3] - box[2]));
        }
        out.push_back(std::move(region));
    }
    return out;
}

}  // namespace moebius
