// SPDX-License-Identifier: MIT
#include "shading.hpp"

#include <cmath>
#include <functional>
#include <map>
#include <moebius/continuation/locus_regions.hpp>
#include <queue>
#include <tuple>
#include <utility>
#include <vector>

namespace moebius {
namespace {

constexpr std::size_t across = plane_regions::side;
using corner = std::pair<std::size_t, std::size_t>;  // of cells: column, row
using mask = std::vector<char>;                      // of the cells

constexpr std::size_t nobody = static_cast<std::size_t>(-1);

/// Hands each cell of a region to the place next to it, from the places outwards: a cell hears of
/// the places of the cells beside it, so the work is that of sorting cells, whatever places come.
class nearest_places {
public:
    nearest_places(const plane_regions& regions, const stable_counts& counted)
        : regions_(regions), counted_(counted), owner_(across * across, nobody) {}

    /// The place of each cell, `nobody` on curves and in regions without a place.
    [[nodiscard]] std::vector<std::size_t> take() {
        offer_own();
        while (!waiting_.empty()) {
            const auto next = waiting_.top();
            const std::size_t place = std::get<1>(next), cell = std::get<2>(next);
            waiting_.pop();
            if (owner_[cell] != nobody) continue;
            owner_[cell] = place;
            const std::size_t column = cell % across, row = cell / across;
            if (column > 0) offer(cell - 1, place);
            if (column + 1 < across) offer(cell + 1, place);
            if (row > 0) offer(cell - across, place);
            if (row + 1 < across) offer(cell + across, place);
        }
        return std::move(owner_);
    }

private:
    /// The nearest first; of those as near, the first of the file.
    using offered = std::tuple<double, std::size_t, std::size_t>;  // distance, place, cell

    /// To each cell that of the places in it which is nearest to its centre.
    void offer_own() {
        std::vector<std::size_t> own(owner_.size(), nobody);
        for (std::size_t p = 0; p < counted_.places.size(); ++p)
            if (const auto cell = regions_.cell_at(counted_.places[p].at))
                if (own[*cell] == nobody || distance(*cell, p) < distance(*cell, own[*cell]))
                    own[*cell] = p;
        for (std::size_t cell = 0; cell < own.size(); ++cell)
            if (own[cell] != nobody) offer(cell, own[cell]);
    }

    void offer(std::size_t cell, std::size_t place) {
        if (regions_.cells()[cell] != plane_regions::border && owner_[cell] == nobody)
            waiting_.emplace(distance(cell, place), place, cell);
    }

    /// In shares of the window.
    [[nodiscard]] double distance(std::size_t cell, std::size_t place) const {
        const auto& window = counted_.window;
        const auto from = counted_.places[place].at, here = regions_.centre(cell);
        return std::hypot((from.x - here.x) / (window.x_to - window.x_from),
                          (from.y - here.y) / (window.y_to - window.y_from));
    }

    const plane_regions& regions_;
    const stable_counts& counted_;
    std::vector<std::size_t> owner_;
    std::priority_queue<offered, std::vector<offered>, std::greater<>> waiting_;
};

/// The cells of regions with several stable states.
mask shaded(const diagram& locus, const plane_regions& regions) {
    const auto owner = nearest_places(regions, locus.stable).take();
    mask out(across * across);
    for (std::size_t cell = 0; cell < out.size(); ++cell)
        if (owner[cell] != nobody) out[cell] = locus.stable.places[owner[cell]].states > 1 ? 1 : 0;
    return out;
}

/// With the cells under the curves that bound it.
mask up_to_curves(const mask& inner, const plane_regions& regions) {
    mask out = inner;
    for (std::size_t cell = 0; cell < out.size(); ++cell) {
        if (regions.cells()[cell] != plane_regions::border) continue;
        const std::size_t column = cell % across, row = cell / across;
        out[cell] = (column > 0 && inner[cell - 1]) || (column + 1 < across && inner[cell + 1]) ||
                    (row > 0 && inner[cell - across]) || (row + 1 < across && inner[cell + across]);
    }
    return out;
}

/// The sides of cells that bound a mask, which lies to the left of each; by where they begin.
std::multimap<corner, corner> borders_of(const mask& of) {
    const auto is_in = [&](std::size_t column, std::size_t row) {
        return column < across && row < across && of[row * across + column] != 0;
    };
    std::multimap<corner, corner> out;
    for (std::size_t row = 0; row < across; ++row)
        for (std::size_t column = 0; column < across; ++column) {
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
