// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/continuation/diagram.hpp>
#include <moebius/model/field.hpp>
#include <optional>

namespace moebius {

/// A problem at a special point, on the point's groups of cells, and the group within which the
/// critical eigenvalues lie, if it is one of equal cells: nearest to the imaginary axis or, of a
/// rule x <- x + step f with step > 0, with multipliers nearest to the unit circle.
/// @throws invalid_argument if the point does not belong to the problem
struct parting_cells {
    problem at;
    std::optional<std::size_t> group;
};
[[nodiscard]] parting_cells parting_at(const problem& base, const special_point& start,
                                       double step = 0);

/// The problem on finer groups; `start` and its cycle are put on them, too.
[[nodiscard]] problem on_groups(const problem& at, const grouping& groups, special_point& start);

/// The problem in which a special point is simple, at the point's parameters and on its groups of
/// cells; `start` is put on them, too. Where the critical eigenvalues lie within a group of equal
/// cells, its first one goes its own way. `step` as of parting_at.
/// @throws invalid_argument if the point does not belong to the problem
[[nodiscard]] problem simple_at(const problem& base, special_point& start, double step = 0);

}  // namespace moebius
