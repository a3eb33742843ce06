// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/model/field.hpp>

namespace moebius {

/// The problem in which a special point is simple, at the point's parameters and on its groups of
/// cells; `start` is put on them, too. Where the critical eigenvalues lie within a group of equal
/// cells, its first one goes its own way.
/// @throws invalid_argument if the point does not belong to the problem
[[nodiscard]] problem simple_at(const problem& base, special_point& start);

}  // namespace moebius
