// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/plan/plan.hpp>
#include <moebius/plan/run.hpp>
#include <string>
#include <vector>

namespace moebius::cli {

/// The words of a point's command line: those of the plan, an axis each, the seed.
[[nodiscard]] std::vector<std::string> point_words(const sweep_plan& plan, const plan_point& at);

/// What computes the points of a plan: its command, run in this process, or the test command
/// `spin`, which takes the processor for `milliseconds` of an axis or of --milliseconds and keeps
/// /value, a number of the axes alone: for the cost of a run itself.
/// @throws invalid_argument  for a command or an option that is not known, one that is the run's
/// own
///                           (where results go, how many threads), or an axis that takes no number
[[nodiscard]] point_work point_work_of(const sweep_plan& plan);

/// What one point comes to.
struct point_trial {
    std::string failure;  ///< its sentence; empty: it has a result
    /// One a kept quantity of a result: empty, or why it is not there, with the nearest that is.
    std::vector<std::string> missing;
};

/// Runs one point, and looks for the kept quantities in its result.
/// @throws invalid_argument  as point_work_of
[[nodiscard]] point_trial try_point(const sweep_plan& plan, const plan_point& at);

}  // namespace moebius::cli
