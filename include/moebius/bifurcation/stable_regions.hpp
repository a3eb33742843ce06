// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>

namespace moebius {

/// Counts the stable equilibria in every part into which the curves of a locus cut its window: at
/// one to five places far from one another, by its size. Within a part the count is one, unless a
/// curve is missing (continuation/locus_regions.hpp, unlike_places). Parts below a 5000th of the
/// window, and all but the 48 largest, are left out and told.
/// @param locus   the curves of equilibria over the same window; gets the counts
/// @throws interrupted  if the watch asks to stop; then there are none
void count_in_regions(const problem& base, const parameter_range& first,
                      const parameter_range& second, diagram& locus, const watch& progress = {});

}  // namespace moebius
