// SPDX-License-Identifier: MIT
// The parts that all results are made of, read from a JSON document.
#pragma once

#include <moebius/io/result.hpp>
#include <vector>

#include "json_place.hpp"

namespace moebius {

[[nodiscard]] std::vector<double> numbers_from(const place& from);
[[nodiscard]] named_numbers named_numbers_from(const place& from);
/// Columns of equal length.
[[nodiscard]] table table_from(const place& from);

/// What a diagram is about: it is checked accordingly.
enum class diagram_kind { one_parameter, two_parameters };

/// Branches and special points that fit each other: every branch and row that is named is there.
[[nodiscard]] diagram diagram_from(const place& from, diagram_kind kind);

}  // namespace moebius
