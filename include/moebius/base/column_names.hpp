// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

namespace moebius {

/// Of a table's columns, which files find by their names.
/// @throws invalid_argument if two are alike, as where a state is called like what is told of it
void check_column_names(std::span<const std::string> names);

}  // namespace moebius
