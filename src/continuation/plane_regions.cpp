// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <moebius/base/error.hpp>
#include <moebius/continuation/plane_regions.hpp>
#include <numeric>
#include <utility>

namespace moebius {
namespace {

constexpr std::size_t side = plane_regions::side;
constexpr std::size_t none = plane_regions::border - 1;  // not numbered yet
constexpr double stride = 0.4;       // of a cell, between the spots of a line: none is stepped over
constexpr double most_spots = 1e15;  // of a line: beyond, its spots are not told apart by doubles
constexpr unsigned inner = 3;        // cells from the border at which a place is not too near

/// The cells beside a cell, edge by edge.
template <typename Visit>
void for_neighbours(std::size_t cell, const Visit& visit) {
    const std::size_t column = cell % side, row = cell / side;
    if (column > 0) visit(cell - 1);
    if (column + 1 < side) visit(cell + 1);
    if (row > 0) visit(cell - side);
    if (row + 1 < side) visit(cell + side);
}

bool is_in(double coordinate) { return coordinate >= 0 && coordinate <= double{side}; }

/// Of the way from a to b, the shares between which it is in the raster; the first is the greater
/// one if it never is.
std::pair<double, double> shares_in_raster(const plane_point& a, const plane_point& b) {
    double enters = 0, leaves = 1;
    for (const auto& [from, to] : {std::pair{a.x, b.x}, std::pair{a.y, b.y}}) {
        if (from == to) continue;  // in it or not, all the way: each spot is looked at
        const double low = -from / (to - from), high = (double{side} - from) / (to - from);
        enters = std::max(enters, std::min(low, high));
        leaves = std::min(leaves, std::max(low, high));
    }
    return {enters, leaves};
}

std::size_t index_of(double coordinate) {
    return std::min(static_cast<std::size_t>(coordinate), side - 1);
}

std::size_t squared_distance(std::size_t a, std::size_t b) {
    const auto apart = [](std::size_t i, std::size_t j) { return i > j ? i - j : j - i; };
    const std::size_t x = apart(a % side, b % side), y = apart(a / side, b / side);
    return x * x + y * y;
}

}  // namespace

plane_regions::plane_regions(const plane_window& window)
    : window_(window), region_(side * side, none) {
    const double width = window.x_to - window.x_from, height = window.y_to - window.y_from;
    if (!std::isfinite(width) || width == 0 || !std::isfinite(height) || height == 0)
        throw invalid_argument("plane_regions", "a window without area came",
                               "both sides must be finite and longer than 0");
}

plane_point plane_regions::in_cells(const plane_point& p) const {
    return {(p.x - window_.x_from) / (window_.x_to - window_.x_from) * double{side},
            (p.y - window_.y_from) / (window_.y_to - window_.y_from) * double{side}};
}

plane_point plane_regions::corner(std::size_t column, std::size_t row) const {
    const double a = static_cast<double>(column) / double{side};
    const double b = static_cast<double>(row) / double{side};
    return {std::lerp(window_.x_from, window_.x_to, a), std::lerp(window_.y_from, window_.y_to, b)};
}

plane_point plane_regions::centre(std::size_t cell) const {
    const auto low = corner(cell % side, cell / side);
    const auto high = corner(cell % side + 1, cell / side + 1);
    return {std::midpoint(low.x, high.x), std::midpoint(low.y, high.y)};
}

void plane_regions::cut(std::span<const double> x, std::span<const double> y) {
    for (std::size_t i = 1; i < std::min(x.size(), y.size()); ++i) {
        const auto from = in_cells({x[i - 1], y[i - 1]}), to = in_cells({x[i], y[i]});
        const double steps =
            std::ceil(std::max(std::abs(to.x - from.x), std::abs(to.y - from.y)) / stride);
        if (!(steps <= most_spots)) continue;
        const auto [enters, leaves] = shares_in_raster(from, to);
        const double last = std::min(steps, std::ceil(leaves * steps));
        for (double step = std::max(0.0, std::floor(enters * steps)); step <= last; ++step) {
            const double share = steps > 0 ? step / steps : 0;
            const double a = std::lerp(from.x, to.x, share), b = std::lerp(from.y, to.y, share);
            if (is_in(a) && is_in(b)) region_[index_of(b) * side + index_of(a)] = border;
        }
    }
}

void plane_regions::number() {
    std::vector<std::uint32_t> waiting;
    for (std::size_t first = 0; first < region_.size(); ++first) {
        if (region_[first] != none) continue;
        const std::size_t name = sizes_.size();
        sizes_.push_back(0);
        region_[first] = name;
        waiting.push_back(static_cast<std::uint32_t>(first));
        while (!waiting.empty()) {
            const std::size_t cell = waiting.back();
            waiting.pop_back();
            ++sizes_[name];
            for_neighbours(cell, [&](std::size_t beside) {
                if (region_[beside] != none) return;
                region_[beside] = name;
                waiting.push_back(static_cast<std::uint32_t>(beside));
            });
        }
    }
    measure();
}

/// The depths: steps to the border or over the window's edge, by way of the cells above and to the
/// left, then of the others.
/// @source  Rosenfeld & Pfaltz, J. ACM 13 (1966), section 4
void plane_regions::measure() {
    depth_.assign(region_.size(), 0);
    for (std::size_t cell = 0, row = 0; row < side; ++row)
        for (std::size_t column = 0; column < side; ++column, ++cell) {
            if (region_[cell] == border) continue;
            const unsigned left = column > 0 ? depth_[cell - 1] : 0;
            const unsigned up = row > 0 ? depth_[cell - side] : 0;
            depth_[cell] = 1 + std::min(left, up);
        }
    for (std::size_t cell = region_.size(), row = side; row-- > 0;)
        for (std::size_t column = side; column-- > 0;) {
            --cell;
            const unsigned right = column + 1 < side ? depth_[cell + 1] : 0;
            const unsigned down = row + 1 < side ? depth_[cell + side] : 0;
            depth_[cell] = std::min(depth_[cell], 1 + std::min(right, down));
        }
}

std::optional<std::size_t> plane_regions::cell_at(const plane_point& p) const {
    const auto [a, b] = in_cells(p);
    if (!is_in(a) || !is_in(b)) return std::nullopt;
    return index_of(b) * side + index_of(a);
}

std::optional<std::size_t> plane_regions::at(const plane_point& p) const {
    const auto cell = cell_at(p);
    if (!cell || region_[*cell] == border) return std::nullopt;
    return region_[*cell];
}

std::vector<plane_point> plane_regions::places_in(std::size_t region, std::size_t most) const {
    std::vector<plane_point> places;
    std::size_t chosen = 0;
    unsigned deepest = 0;
    for (std::size_t cell = 0; cell < region_.size(); ++cell)
        if (region_[cell] == region && depth_[cell] > deepest) {
            deepest = depth_[cell];
            chosen = cell;
        }
    if (deepest == 0 || most == 0) return places;
    std::vector<std::uint32_t> members;  // that are not too near to the border
    for (std::size_t cell = 0; most > 1 && cell < region_.size(); ++cell)
        if (region_[cell] == region && depth_[cell] >= std::min(inner, deepest))
            members.push_back(static_cast<std::uint32_t>(cell));
    std::vector<std::size_t> free(members.size(), side * side * 2);  // squares of distances
    while (places.size() < most) {
        places.push_back(centre(chosen));
        std::size_t farthest = 0;
        const std::size_t last = chosen;
        for (std::size_t i = 0; i < members.size(); ++i) {
            free[i] = std::min(free[i], squared_distance(members[i], last));
            if (free[i] <= farthest) continue;
            farthest = free[i];
            chosen = members[i];
        }
        if (farthest == 0) break;
    }
    return places;
}

}  // namespace moebius
