// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/table.hpp>
#include <moebius/continuation/diagram.hpp>
#include <string>

namespace moebius {

/// A table as comma-separated values: one line of names, then one a row; doubles in the shortest
/// form that reads back to the same bits, and inf, -inf, nan.
[[nodiscard]] std::string to_csv(const table& values);

/// A diagram as one tidy table: a row for each point of each branch, starting with the branch's
/// id and kind and the label of the special point that stands there (or nothing).
/// The columns are those of all branches; what a branch lacks is empty in its rows.
[[nodiscard]] std::string to_csv(const diagram& curves);

}  // namespace moebius
