// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <moebius/base/parallel.hpp>
#include <moebius/bifurcation/stable_regions.hpp>
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/continuation/locus_regions.hpp>

namespace moebius {
namespace {

constexpr std::size_t fewest = 2, most = 5;  // places of a region, by its size
constexpr std::size_t share = 4000;          // cells for each, a 36th of the window
constexpr std::size_t smallest = 30;         // cells of a region that is more than a gap of curves

}  // namespace

void count_in_regions(const problem& base, const parameter_range& first,
                      const parameter_range& second, diagram& locus, const watch& progress) {
    stable_counts counts{{first.from, first.to, second.from, second.to}, {}};
    locus.stable = counts;
    const auto regions = regions_of(locus);
    for (std::size_t r = 0; r < regions.count(); ++r)
        if (regions.size(r) >= smallest)
            for (const auto& at :
                 regions.places_in(r, std::clamp(regions.size(r) / share, fewest, most)))
                counts.places.push_back({at, 0});
    const std::array axes{base.index_of(first.name), base.index_of(second.name)};
    const auto count = [&](std::size_t i) {
        auto here = base;
        here.set(first.name, counts.places[i].at.x);
        here.set(second.name, counts.places[i].at.y);
        for (const auto& one : stable_states(here, axes)) counts.places[i].states += one.copies;
    };
    parallel_for(counts.places.size(), 0, count, progress, "count_in_regions");
    locus.stable = std::move(counts);
}

}  // namespace moebius
