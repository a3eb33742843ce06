// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
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

/// What a log says that was restarted from checkpoints.
[[nodiscard]] std::string text_of(std::span<const replaced_steps> replaced);

struct void_rows;
/// What a log says whose rows go back without a step that comes again; empty if they do not.
[[nodiscard]] std::string text_of_going_back(const void_rows& found);

/// Steps that were read before those at hand, of a log that is followed.
struct steps_before {
    std::size_t steps = 0, again = 0;  ///< `again`: that came twice in a row
};

/// Rows that a restart made void.
struct void_rows {
    std::vector<std::size_t> places;    ///< in order
    std::vector<replaced_steps> steps;  ///< of each restart, in order
    /// Where rows go back to steps that lie between those before, and none comes again: from which
    /// step, and to which; only of rows that are in order but for a few such places.
    std::optional<std::pair<std::int64_t, std::int64_t>> goes_back{};
};

/// Finds the rows of a run that died, which came before it went on from a checkpoint: of each
/// layer (and rank) rows are in order of steps, fall back, and some of their cells come again from
/// there on. What came before with that step or a later one is void, as TensorBoard has it.
///
/// A step that comes twice in a row is one, too, if it comes whole again, and the only one that
/// does; so is a smaller step after which rows go on beyond what came. Where more do, as where a
/// step's evaluation is logged behind it, nothing says which rows hold. No restart is found in rows
/// that are out of order otherwise, nor where the first step comes again, as of two runs or ranks.
/// @param runs     in the order in which they came
/// @param adds_up  cells that come again in a row are added up
[[nodiscard]] void_rows rows_before_restarts(std::span<const load_run> runs, bool adds_up,
                                             const steps_before& before = {});

}  // namespace moebius
