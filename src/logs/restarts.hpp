// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "load_run.hpp"

namespace moebius {

/// Rows that were left out for those that came again after a restart: of these steps.
struct replaced_steps {
    std::int64_t first = 0, last = 0;
    bool is_alone = false;  ///< one step came again by itself: an evaluation may be logged so
};

/// Loads that came again and were left out: of these steps.
struct repeated_loads {
    std::size_t loads = 0;
    std::int64_t first = 0, last = 0;
    std::int64_t reach = 0;  ///< the last step that came before them
};

/// What a log says that was restarted from checkpoints.
[[nodiscard]] std::string text_of(std::span<const replaced_steps> replaced);

/// Steps that were read before those at hand, of a log that is followed.
struct steps_before {
    std::size_t steps = 0, again = 0;  ///< `again`: that came twice in a row
};

/// Whether the numbers at two places, load_run::at and on, are the same.
using same_numbers = std::function<bool(std::size_t, std::size_t)>;

/// Rows that a restart made void, and those that came again without one.
struct void_rows {
    std::vector<std::size_t> places;    ///< in order
    std::vector<replaced_steps> steps;  ///< of each restart, in order
    repeated_loads copies;              ///< with the numbers that they had
    repeated_loads strays;              ///< with others, too few for a run that was restarted
    /// Where rows go back to steps that lie between those before, and none comes again: from which
    /// step, and to which; only of rows that are in order but for a few such places.
    std::optional<std::pair<std::int64_t, std::int64_t>> goes_back{};
};

/// Finds the rows of a run that died, which came before it went on from a checkpoint: of each
/// layer (and rank) rows are in order of steps, fall back, and some of their cells come again from
/// there on. What came before with that step or a later one is void, as TensorBoard has it.
///
/// Rows that come again with the numbers that they had are copies, of which the first holds. So it
/// does where one step alone comes again that is not the last one, or where the end has a few for
/// which most that came would be void: no run goes on there.
///
/// A step that comes twice in a row is one, too, if it comes whole again, and the only one that
/// does; so is a smaller step after which rows go on beyond what came. Where more do, as where a
/// step's evaluation is logged behind it, nothing says which rows hold. No restart is found in rows
/// that are out of order otherwise, nor where the first step comes again, as of two runs or ranks.
/// @param runs     in the order in which they came
/// @param adds_up  cells that come again in a row are added up
[[nodiscard]] void_rows rows_before_restarts(std::span<const load_run> runs, bool adds_up,
                                             const same_numbers& are_same,
                                             const steps_before& before = {});

/// What is to be said of them, a sentence each.
[[nodiscard]] std::vector<std::string> texts_of(const void_rows& found);

}  // namespace moebius
