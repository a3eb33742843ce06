// SPDX-License-Identifier: MIT
#include "expert_copies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>

#include "load_names.hpp"
#include "log_builder.hpp"

namespace moebius {

void require_no_load(double physical, double load, const std::string& place) {
    if (load > 0)
        throw io_error(place, fmt::format("physical expert {} has a load of {:g}, but its map says "
                                          "that the place is free (-1)",
                                          physical, load));
}

expert_places places_of(std::span<const double> map, const std::string& place) {
    expert_places out{map.size(), 0};
    for (const double to : map)
        if (to != free_place)
            out.logical = std::max<std::size_t>(
                out.logical, 1 + checked_expert(to, [&] { return place + ", 'map'"; }));
    return out;
}

loads_beside_map loads_beside(const expert_places& map, std::string_view name, std::size_t loads,
                              bool of_ranks, const std::string& place) {
    const bool says_logical = counts_logical_experts(name);
    if (map.physical == map.logical || of_ranks) {
        if (!says_logical && loads != map.physical)
            throw io_error(place,
                           fmt::format("it has {} loads and {} of 'physical_to_logical_map', "
                                       "but there must be as many",
                                       loads, map.physical));
        return says_logical ? loads_beside_map{false, {}}
                            : loads_beside_map{true,
                                               "physical experts were added up to logical "
                                               "ones, as its map says"};
    }
    if (loads == map.physical)
        return {true, says_logical
                          ? fmt::format("'{}' has a load of each of {} physical experts, not of {} "
                                        "logical ones, by its map: they were added up",
                                        excerpt(name), loads, map.logical)
                          : "physical experts were added up to logical ones, as its map says"};
    if (loads == map.logical)
        return {false, says_logical ? std::string()
                                    : fmt::format("'{}' has a load of each of {} logical experts, "
                                                  "by its map: they were taken as they are",
                                                  excerpt(name), loads)};
    throw io_error(place, fmt::format("it has {} loads, but its map is of {} physical experts and "
                                      "{} logical ones",
                                      loads, map.physical, map.logical));
}

std::vector<double> add_up_copies(std::span<const double> physical, std::span<const double> map,
                                  bool of_ranks, const std::string& place) {
    std::vector<double> out(places_of(map, place).logical);
    std::vector<bool> has_copy(out.size());
    for (std::size_t i = 0; i < physical.size(); ++i) {
        if (map[i] == free_place) {
            require_no_load(static_cast<double>(i), physical[i], place);
            continue;
        }
        const auto expert = static_cast<std::size_t>(map[i]);
        out[expert] += physical[i];
        has_copy[expert] = true;
    }
    if (const auto none = std::find(has_copy.begin(), has_copy.end(), false);
        none != has_copy.end() && !of_ranks)
        throw io_error(place, fmt::format("its map of physical experts has no copy of logical "
                                          "expert {}, but each needs one",
                                          none - has_copy.begin()));
    return out;
}

}  // namespace moebius
