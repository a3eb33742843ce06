// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "defining_system.hpp"
#include "placed_point.hpp"

namespace moebius {

/// Which eigenvalues are critical at a point.
struct criticality {
    enum class zeros { none, fold, crossing, either, cusp, twice } zero = zeros::none;
    enum class pairs { none, simple, bautin, two } pair = pairs::none;
    bool flips = false, turns = false;  ///< multipliers of a map
};

/// @param curve  as in branch::kind
/// @return nothing for a point that is not defined by an equilibrium and its eigenvalues
[[nodiscard]] std::optional<criticality> criticality_of(point_type type, std::string_view curve);

/// The system of a point, as these parameters vary.
/// @param step  of the map, or 0
[[nodiscard]] defining_system system_of(const placed_point& point, std::vector<std::size_t> free,
                                        const criticality& what, double step);

}  // namespace moebius
