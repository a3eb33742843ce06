// SPDX-License-Identifier: MIT
#include "shading.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <moebius/continuation/locus_regions.hpp>
#include <utility>
#include <vector>

namespace moebius {
namespace {

constexpr std::size_t window_side = plane_regions::side;
using corner = std::pair<std::size_t, std::size_t>;  // of cells: column, row
using mask = std::vector<char>;                      // of the cells

/// The cells of regions with several stable states.
mask shaded(const diagram& locus, const plane_regions& regions) {
    const auto& window = locus.stable.window;
    const double width = window.x_to - window.x_from, height = window.y_to - window.y_from;
    std::vector<std::vector<stable_counts::place>> counted(regions.count());
    for (const auto& place : locus.stable.places)
        if (const auto region = regions.at(place.at)) counted[*region].push_back(place);
    mask out(window_side * window_side);
    for (std::size_t cell = 0; cell < out.size(); ++cell) {
        const std::size_t region = regions.cells()[cell];
        if (region == plane_regions::border || counted[region].empty()) continue;
        const auto here = regions.centre(cell);
        const auto apart = [&](const stable_counts::place& place) {
            return std::hypot((place.at.x - here.x) / width, (place.at.y - here.y) / height);
        };
        const auto nearest =
            std::min_element(counted[region].begin(), counted[region].end(),
                             [&](const auto& a, const auto& b) { return apart(a) < apart(b); });
        out[cell] = nearest->states > 1 ? 1 : 0;
    }
    return out;
}

/// With the cells under the curves that bound it.
mask up_to_curves(const mask& inner, const plane_regions& regions) {
    mask out = inner;
    for (std::size_t cell = 0; cell < out.size(); ++cell) {
        if (regions.cells()[cell] != plane_regions::border) continue;
        const std::size_t column = cell % window_side, row = cell / window_side;
        out[cell] = (column > 0 && inner[cell - 1]) ||
                    (column + 1 < window_side && inner[cell + 1]) ||
                    (row > 0 && inner[cell - window_side]) ||
                    (row + 1 < window_side && inner[cell + window_side]);
    }
    return out;
}

/// The sides of cells that bound a mask, which lies to the left of each; by where they begin.
std::multimap<corner, corner> borders_of(const mask& of) {
    const auto is_in = [&](std::size_t column, std::size_t row) {
        return column < window_side && row < window_side && of[row * window_side + column] != 0;
    };
    std::multimap<corner, corner> out;
    for (std::size_t row = 0; row < window_side; ++row)
        for (std::size_t column = 0; column < window_side; ++column) {
            if (!is_in(column, row)) continue;
            const corner low_left{column, row}, low_right{column + 1, row};
            const corner top_left{column, row + 1}, top_right{column + 1, row + 1};
            if (!is_in(column, row - 1)) out.emplace(low_left, low_right);
            if (!is_in(column + 1, row)) out.emplace(low_right, top_right);
            if (!is_in(column, row + 1)) out.emplace(top_right, top_left);
            if (!is_in(column - 1, row)) out.emplace(top_left, low_left);
        }
    return out;
}

/// One closed line along the sides, without the corners on its straight parts; takes them away.
std::vector<corner> next_loop(std::multimap<corner, corner>& sides) {
    std::vector<corner> loop{sides.begin()->first};
    do {
        const auto found = sides.find(loop.back());
        const corner to = found->second;
        sides.erase(found);
        const std::size_t last = loop.size() - 1;
        const bool straight =
            last > 0 &&
            ((loop[last - 1].first == loop[last].first && loop[last].first == to.first) ||
             (loop[last - 1].second == loop[last].second && loop[last].second == to.second));
        if (straight)
            loop[last] = to;
        else
            loop.push_back(to);
    } while (loop.back() != loop.front());
    return loop;
}

}  // namespace

std::optional<figure_layer> shading_of(const diagram& locus) {
    if (locus.stable.places.empty()) return std::nullopt;
    const auto regions = regions_of(locus);
    auto sides = borders_of(up_to_curves(shaded(locus, regions), regions));
    if (sides.empty()) return std::nullopt;
    figure_layer out{"more than one stable state",
                     layer_look::region,
                     layer_color::shade,
                     {},
                     {},
                     {},
                     {},
                     false};
    const auto add = [&](const corner& c) {
        const auto at = regions.corner(c.first, c.second);
        out.x.push_back(at.x);
        out.y.push_back(at.y);
    };
    // One line: from each loop over to the next and, at the end, back the same way.
    std::vector<corner> starts;
    while (!sides.empty()) {
        const auto loop = next_loop(sides);
        for (const auto& c : loop) add(c);
        starts.push_back(loop.front());
    }
    for (auto start = starts.rbegin(); start != starts.rend(); ++start) add(*start);
    return out;
}

}  // namespace moebius
