// SPDX-License-Identifier: MIT
#include <map>
#include <moebius/continuation/locus_regions.hpp>

namespace moebius {

plane_regions regions_of(const diagram& locus) {
    plane_regions regions(locus.stable.window);
    for (const auto& curve : locus.branches)
        if (!is_of_cycles(curve.kind) && curve.columns.columns.size() >= 2)
            regions.cut(curve.columns.columns[0], curve.columns.columns[1]);
    regions.number();
    return regions;
}

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
