// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/json_file.hpp>
#include <moebius/model/field.hpp>

namespace moebius::cli {

/// The parameters of a problem by name.
[[nodiscard]] named_numbers parameters_of(const problem& at);

/// Gives every cell what a point has on its groups.
/// @param apart  each cell by itself
void take_parameters(problem& apart, const grouping& groups, const named_numbers& values);

/// The same where there is no point: those of groups whose names the heading has, or of all cells.
/// @throws invalid_argument  where nothing tells which cells have which
void take_parameters(problem& apart, const diagram_document& document);

}  // namespace moebius::cli
