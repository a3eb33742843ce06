// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <utility>
#include <vector>

namespace moebius {

/// Counts the stable equilibria in every part into which the curves of a locus cut its window: at
/// one place, and at up to four more far from it. Within a part the count is one, unless a curve is
/// missing (unlike_places).
/// @param curves  of equilibria, from `locus` over the same window
/// @throws interrupted  if the watch asks to stop
[[nodiscard]] stable_counts count_in_regions(const problem& base, const parameter_range& first,
                                             const parameter_range& second, const diagram& curves,
                                             const watch& progress = {});

/// The window of a locus cut by its curves, numbered.
[[nodiscard]] plane_regions regions_of(const diagram& locus);

/// Pairs of places with different counts and no curve between them, at most one for each part.
[[nodiscard]] std::vector<std::pair<stable_counts::place, stable_counts::place>> unlike_places(
    const diagram& locus);

}  // namespace moebius
