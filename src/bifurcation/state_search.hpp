// SPDX-License-Identifier: MIT
// Equilibria of a model of cells at one parameter value, on whatever groups they live.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <optional>
#include <vector>

#include "class_of_groups.hpp"

namespace moebius {

/// `stable` leaves out states that only Newton's method finds, `winners` the starts from unequal
/// loads, too.
enum class depth_of_search { all, stable, winners };

/// Groups of which one is split in two, up to half of it as winners.
struct winning_split {
    grouping groups;
    std::size_t group;  ///< that was split: the position of the winners, before the rest
};

/// All of them that differ by more than the names of cells.
[[nodiscard]] std::vector<winning_split> winning_splits(const grouping& known);

/// Equilibria at the parameters of `first` that lie on finer groups than its own: those of every
/// number of winners within one group, and the stable ones to which the flow with each cell by
/// itself goes from unequal loads. Each in its standard form; none is constant on coarser groups.
/// @param record  counts what was done
[[nodiscard]] std::vector<grouped_state> search_finer(const problem& first, search_record& record,
                                                      depth_of_search depth = depth_of_search::all);

/// The state on some groups to which the flow goes from another one, in its standard form; none if
/// it does not settle, or where groups agree that a renaming of cells could join.
/// @param record  counts the start
[[nodiscard]] std::optional<grouped_state> flow_end(const problem& first, const problem& on,
                                                    const Eigen::VectorXd& start,
                                                    search_record& record);

/// Who wins: positions in these groups.
struct winner_choice {
    grouping groups;
    std::vector<std::size_t> wins;
};

/// The choices of one winner or of two that differ by more than the names of cells of one group.
[[nodiscard]] std::vector<winner_choice> few_winners(const grouping& known, std::size_t winners);

/// The stable states at the parameters of `first` to which the flow goes from such choices, each in
/// its standard form.
[[nodiscard]] std::vector<grouped_state> won_states(const problem& first,
                                                    const std::vector<winner_choice>& choices,
                                                    search_record& record, const watch& watched);

}  // namespace moebius
