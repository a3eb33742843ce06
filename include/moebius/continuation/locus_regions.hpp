// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <utility>
#include <vector>

namespace moebius {

/// The window of stable_counts cut by the curves of equilibria of a locus, numbered.
[[nodiscard]] plane_regions regions_of(const diagram& locus);

/// Pairs of places with different counts and no curve between them, at most one for each part.
[[nodiscard]] std::vector<std::pair<stable_counts::place, stable_counts::place>> unlike_places(
    const diagram& locus);

}  // namespace moebius
