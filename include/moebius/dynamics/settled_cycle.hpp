// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <span>

namespace moebius {

/// A start for add_cycle_branch, and the problem that it is of.
struct settled_cycle {
    problem on;           ///< on the groups of cells that go alike
    special_point start;  ///< the loop, with the rotation of these groups that it has
};

/// The cycle on which the flow from x0 settles, as a guess for Newton's method: its last loop, the
/// cells that agree along it, and the rotation of most steps by which it goes on.
/// @param at    of cells, each by itself
/// @param turn  a time of the order of its period, > 0
/// @return nothing if the flow comes to no loop within 1550 of them
/// @throws interrupted if the watch asks to stop
[[nodiscard]] std::optional<settled_cycle> find_settled_cycle(const problem& at,
                                                              std::span<const double> x0,
                                                              double turn,
                                                              const watch& watched = {});

/// The same from where all cells are far apart, just beyond a Hopf point at which alike cells part:
/// a hundredth of the parameter further, on the side where the point's equilibrium is unstable.
/// @param base  on any groups
/// @throws invalid_argument if that place is out of the range, or the point is simple
[[nodiscard]] std::optional<settled_cycle> settled_beyond(const problem& base,
                                                          const parameter_range& range,
                                                          const special_point& hopf,
                                                          const watch& watched = {});

}  // namespace moebius
