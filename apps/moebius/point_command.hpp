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
/// @throws invalid_argument  for a command or an option that is not known, or one that would write
///                           files
[[nodiscard]] point_work point_work_of(const sweep_plan& plan);

/// Runs one point, and looks for the kept quantities in its result.
/// @return  a sentence for each quantity that is not there, naming the nearest that is; the
/// sentence
///          of a point that fails
[[nodiscard]] std::vector<std::string> try_point(const sweep_plan& plan, const plan_point& at);

}  // namespace moebius::cli
