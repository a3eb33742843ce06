// SPDX-License-Identifier: MIT
// Groupings that differ by the names of cells only, and the one that stands for all of them.
#pragma once

#include <cstddef>
#include <moebius/model/cell_field.hpp>
#include <span>
#include <vector>

namespace moebius {

/// A problem on some groups of cells, and a state of it.
struct grouped_state {
    problem on;
    std::vector<double> x;
};

/// The grouping and state that stand for all those that differ from the given ones by the names of
/// cells alike in `first`: within each of its groups the finer ones stand by rising size, those of
/// one size by falling first state, and take its members in order.
/// @param order  if given, the group that each new one was
[[nodiscard]] grouped_state standard_form(const problem& first, const grouping& groups,
                                          std::span<const double> x,
                                          std::vector<std::size_t>* order = nullptr);

/// The pairs of groups that a renaming of cells alike in `first` could join, i < j.
struct group_pair {
    std::size_t i, j;
};
[[nodiscard]] std::vector<group_pair> joinable(const grouping& first, const grouping& groups);

/// The coarsest grouping on which a state with each cell by itself is constant.
/// @param within  how far states may differ
[[nodiscard]] grouping groups_of_equals(const grouping& first, std::span<const double> x,
                                        std::size_t cell_states, double within);

/// The state without the group j, whose cells join those of i.
[[nodiscard]] grouped_state joined(const problem& first, const problem& on,
                                   std::span<const double> x, const group_pair& pair);

}  // namespace moebius
