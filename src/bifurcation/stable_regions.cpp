// SPDX-License-Identifier: MIT
#include <array>
#include <map>
#include <moebius/base/parallel.hpp>
#include <moebius/bifurcation/stable_regions.hpp>
#include <moebius/bifurcation/stable_states.hpp>

namespace moebius {
namespace {

constexpr std::size_t places_each = 5;
constexpr std::size_t smallest = 12;  // cells of a region that is more than the gap of two curves

plane_regions cut_by(const diagram& curves, const plane_window& window) {
    plane_regions regions(window);
    for (const auto& curve : curves.branches)
        if (curve.kind != "fold of cycles" && curve.columns.columns.size() >= 2)
            regions.cut(curve.columns.columns[0], curve.columns.columns[1]);
    regions.number();
    return regions;
}

}  // namespace

stable_counts count_in_regions(const problem& base, const parameter_range& first,
                               const parameter_range& second, const diagram& curves,
                               const watch& progress) {
    stable_counts result{{first.from, first.to, second.from, second.to}, {}};
    const auto regions = cut_by(curves, result.window);
    for (std::size_t r = 0; r < regions.count(); ++r)
        if (regions.size(r) >= smallest)
            for (const auto& at : regions.places_in(r, places_each))
                result.places.push_back({at, 0});
    const std::array axes{base.index_of(first.name), base.index_of(second.name)};
    const auto count = [&](std::size_t i) {
        auto here = base;
        here.set(first.name, result.places[i].at.x);
        here.set(second.name, result.places[i].at.y);
        for (const auto& one : stable_states(here, axes)) result.places[i].states += one.copies;
    };
    parallel_for(result.places.size(), 0, count, progress, "count_in_regions");
    return result;
}

plane_regions regions_of(const diagram& locus) { return cut_by(locus, locus.stable.window); }

std::vector<std::pair<stable_counts::place, stable_counts::place>> unlike_places(
    const diagram& locus) {
    std::vector<std::pair<stable_counts::place, stable_counts::place>> result;
    if (locus.stable.places.empty()) return result;
    const auto regions = regions_of(locus);
    std::map<std::size_t, stable_counts::place> first;
    std::map<std::size_t, bool> told;
    for (const auto& place : locus.stable.places) {
        const auto region = regions.at(place.at);
        if (!region) continue;
        const auto& known = first.emplace(*region, place).first->second;
        if (known.states == place.states || told[*region]) continue;
        told[*region] = true;
        result.emplace_back(known, place);
    }
    return result;
}

}  // namespace moebius
