// SPDX-License-Identifier: MIT
// Loads of serving, where an expert has copies: how those of physical experts become logical ones.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// What a map of physical experts to logical ones is called, from the name that tells most.
inline constexpr std::string_view names_of_map[] = {
    "physical_to_logical_map", "last_physical_to_logical_map", "physical_to_logical", "phy2log"};

/// What stands for the logical expert of a physical one that is a copy of none: a slot that is not
/// used, whose load is none of any expert.
inline constexpr double free_place = -1;

/// @param physical  which one is such a slot
/// @throws io_error  if it has a load
void require_no_load(double physical, double load, const std::string& place);

/// How many experts a map of physical experts to logical ones has, but for free places.
struct expert_places {
    std::size_t physical = 0, logical = 0;
};
/// @param map  of each physical expert the logical one
/// @throws io_error  for what is no expert
[[nodiscard]] expert_places places_of(std::span<const double> map, const std::string& place);

/// What loads beside such a map are of, by how many they are; where there are as many of both, by
/// their name.
struct loads_beside_map {
    bool are_physical = true;
    std::string note;  ///< what is to be said of it
};
/// @param name      of the loads
/// @param of_ranks  the map is of some of the experts alone, whose number tells nothing
/// @throws io_error  where they are as many as neither
[[nodiscard]] loads_beside_map loads_beside(const expert_places& map, std::string_view name,
                                            std::size_t loads, bool of_ranks,
                                            const std::string& place);

/// The loads of logical experts, each of which needs a copy.
/// @param map       as long as the loads
/// @param of_ranks  of some of the physical ones: experts without a copy are another rank's
/// @throws io_error  for loads of free places, too
[[nodiscard]] std::vector<double> add_up_copies(std::span<const double> physical,
                                                std::span<const double> map, bool of_ranks,
                                                const std::string& place);

}  // namespace moebius
