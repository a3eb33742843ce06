// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/plan/plan.hpp>
#include <moebius/plan/run.hpp>
#include <string>
#include <vector>

namespace moebius::cli {

class kept_check;

/// The words of a point's command line: those of the plan, an axis each, the seed.
[[nodiscard]] std::vector<std::string> point_words(const sweep_plan& plan, const plan_point& at);

/// What computes the points of a plan: its command, run in this process, or the test command
/// `spin`, which takes the processor for `milliseconds` of an axis or of --milliseconds and keeps
/// /value, a number of the axes alone: for the cost of a run itself.
/// @param check  hears of each result what it lacks; may be null. It and the plan must outlive this
/// @throws invalid_argument  for a command or an option that is not known, one that is the run's
///                           own (where results go, how many threads), or an axis that takes no
///                           number
[[nodiscard]] point_work point_work_of(const sweep_plan& plan, kept_check* check = nullptr);

/// The sentence with which the command refuses a point before its work begins; empty if it takes
/// it.
/// @throws invalid_argument  as point_work_of
[[nodiscard]] std::string refusal_of(const sweep_plan& plan, const plan_point& at);

}  // namespace moebius::cli
