// SPDX-License-Identifier: MIT
#include "shading.hpp"

#include <algorithm>
#include <cmath>

namespace moebius {
namespace {

struct spot {
    double x, y;
};

/// How far round the unit square, from its lower left corner to the right, the projection of p
/// onto its border lies; 0 <= result < 4.
double turn_of(const spot& p) {
    const std::array<double, 4> distance{p.y, 1 - p.x, 1 - p.y, p.x};
    const auto side = std::min_element(distance.begin(), distance.end()) - distance.begin();
    const std::array<double, 4> along{p.x, p.y, 1 - p.x, 1 - p.y};
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

/// The curve in the unit square that `box` becomes.
std::vector<spot> scaled(const branch& curve, const std::array<double, 4>& box) {
    const auto& x = curve.columns.columns.at(0);
    const auto& y = curve.columns.columns.at(1);
    std::vector<spot> out;
    for (std::size_t row = 0; row < x.size(); ++row)
        out.push_back(
            {(x[row] - box[0]) / (box[1] - box[0]), (y[row] - box[2]) / (box[3] - box[2])});
    return out;
}

/// Between the two arms, halfway from the row's neighbours at some distance from the cusp.
spot inside_of_cusp(const std::vector<spot>& curve, std::size_t cusp) {
    const std::size_t reach = std::min({cusp, curve.size() - 1 - cusp, std::size_t{5}});
    const auto& a = curve[cusp - reach];
    const auto& b = curve[cusp + reach];
    return {(a.x + b.x) / 2, (a.y + b.y) / 2};
}

}  // namespace

std::vector<figure_layer> shading_of(const diagram& folds, const std::array<double, 4>& box) {
    std::vector<figure_layer> out;
    for (const auto& curve : folds.branches) {
        const auto cusp = std::find_if(
            folds.special_points.begin(), folds.special_points.end(), [&](const auto& point) {
                return point.type == point_type::CP && point.branch == curve.id;
            });
        if (cusp == folds.special_points.end()) continue;
        auto polygon = scaled(curve, box);
        const spot inside = inside_of_cusp(polygon, cusp->row);
        const double from = turn_of(polygon.back()), to = turn_of(polygon.front());
        auto left = corners_between(from, to), right = corners_between(to, from);
        std::reverse(right.begin(), right.end());
        auto other = polygon;
        polygon.insert(polygon.end(), left.begin(), left.end());
        other.insert(other.end(), right.begin(), right.end());
        if (!contains(polygon, inside)) polygon = std::move(other);

        figure_layer region{"more than one stable state",
                            layer_look::region,
                            layer_color::shade,
                            {},
                            {},
                            {},
                            {},
                            false};
        if (!out.empty()) region.title.clear();
        for (const auto& [x, y] : polygon) {
            region.x.push_back(box[0] + x * (box[1] - box[0]));
            region.y.push_back(box[2] + y * (box[3] - box[2]));
        }
        out.push_back(std::move(region));
    }
    return out;
}

}  // namespace moebius
