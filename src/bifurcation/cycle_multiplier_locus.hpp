// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius::detail {

/// Follows the period doublings, tori or branch points of cycles through `start`, a PD, NS, R3, R4
/// or BP with its cycle, both ways through a window of two parameters, and adds them to `to`. What
/// locus promises of them holds.
/// @throws invalid_argument if there is none near the start
/// @throws interrupted      if the watch asks to stop
void add_cycle_multiplier_branch(diagram& to, const problem& base,
                                 const std::vector<parameter_range>& ranges,
                                 const special_point& start, const continuation_options& options,
                                 const watch& progress);

}  // namespace moebius::detail
