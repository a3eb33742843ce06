// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius::detail {

/// Follows the homoclinic orbits next to `start`, a cycle of long period or a truncated orbit, both
/// ways through a window of two parameters, and adds them to `to`. What locus promises of them
/// holds.
/// @throws invalid_argument if the cycle does not pass a saddle at a distance that is small against
///         its own size
/// @throws interrupted      if the watch asks to stop
void add_homoclinic_branch(diagram& to, const problem& base,
                           const std::vector<parameter_range>& ranges, const special_point& start,
                           const continuation_options& options, const watch& progress);

/// The same from a Bogdanov-Takens point, away from it.
/// @return false if no homoclinic orbit was found there
/// @throws interrupted  if the watch asks to stop
bool add_homoclinic_beside(diagram& to, const problem& base,
                           const std::vector<parameter_range>& ranges, const special_point& start,
                           const continuation_options& options, const watch& progress);

}  // namespace moebius::detail
