// SPDX-License-Identifier: MIT
// Equilibria of a model of cells at one parameter value, on whatever groups they live.
#pragma once

#include <cstddef>
#include <moebius/continuation/diagram.hpp>
#include <vector>

#include "class_of_groups.hpp"

namespace moebius {

/// Equilibria at the parameters of `first` that lie on finer groups than its own: those of every
/// number of winners within one group, and the stable ones to which the flow with each cell by
/// itself goes from unequal loads. Each in its standard form; none is constant on coarser groups.
/// @param record  counts what was done
/// @param depth   `stable` leaves out those that only Newton's method finds
enum class depth_of_search { all, stable };
[[nodiscard]] std::vector<grouped_state> search_finer(const problem& first, search_record& record,
                                                      depth_of_search depth = depth_of_search::all);

}  // namespace moebius
