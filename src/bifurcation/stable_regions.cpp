// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <moebius/base/parallel.hpp>
#include <moebius/bifurcation/stable_regions.hpp>
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/continuation/locus_regions.hpp>

namespace moebius {
namespace {

constexpr std::size_t most = 5;           // places of a region, by its size
constexpr std::size_t share = 4000;       // cells for each, a 36th of the window
constexpr std::size_t sliver = 300;       // cells below which one place does, where others have two
constexpr std::size_t smallest = 30;      // cells of a region that is more than a gap of curves
constexpr std::size_t most_regions = 48;  // the largest ones; many curves leave many slivers

std::size_t places_of(std::size_t cells) {
    return cells < sliver ? 1 : std::clamp(cells / share, std::size_t{2}, most);
}

/// Those that are counted, the largest first.
std::vector<std::size_t> counted_regions(const plane_regions& regions) {
    std::vector<std::size_t> order;
    for (std::size_t r = 0; r < regions.count(); ++r)
        if (regions.size(r) >= smallest) order.push_back(r);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return regions.size(a) > regions.size(b);
    });
    if (order.size() > most_regions) order.resize(most_regions);
    return order;
}

}  // namespace

void count_in_regions(const problem& base, const parameter_range& first,
                      const parameter_range& second, diagram& locus, const watch& progress) {
    stable_counts counts{{first.from, first.to, second.from, second.to}, {}};
    locus.stable = counts;
    const auto regions = regions_of(locus);
    const auto counted = counted_regions(regions);
    const std::array axes{base.index_of(first.name), base.index_of(second.name)};
    std::vector<std::vector<stable_counts::place>> places(counted.size());
    std::vector<search_record> records(counted.size());
    const auto count = [&](std::size_t k) {
        const std::size_t region = counted[k];
        std::vector<stable_state> known;
        for (const auto& at : regions.places_in(region, places_of(regions.size(region)))) {
            auto here = base;
            here.set(first.name, at.x);
            here.set(second.name, at.y);
            const auto states = stable_states(here, axes, known, &records[k]);
            auto& place = places[k].emplace_back(stable_counts::place{at, 0});
            for (const auto& one : states) place.states += one.copies;
            if (known.empty()) known = states;
        }
    };
    parallel_for(counted.size(), 0, count, progress, "count_in_regions");
    std::size_t whole = 0, cells = 0;
    for (std::size_t r = 0; r < regions.count(); ++r) whole += regions.size(r);
    for (const std::size_t r : counted) cells += regions.size(r);
    for (const auto& some : places)
        counts.places.insert(counts.places.end(), some.begin(), some.end());
    for (const auto& one : records) counts.no_rest += one.no_rest;
    counts.uncounted = regions.count() - counted.size();
    counts.left_out =
        static_cast<double>(whole - cells) / plane_regions::side / plane_regions::side;
    locus.stable = std::move(counts);
}

}  // namespace moebius
