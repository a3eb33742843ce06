// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/plan/plan.hpp>
#include <string>
#include <vector>

namespace moebius::cli {

/// The first, the middle and the last point of a plan, each once.
[[nodiscard]] std::vector<std::uint64_t> samples_of(const sweep_plan& plan);

/// What samples say of a plan before the rest is computed.
struct plan_trial {
    std::vector<std::string> faults;    ///< for which it is refused; empty: it is sound
    std::vector<std::string> failures;  ///< of samples, where others have results
};

/// Runs samples. A quantity may be missing at some points, as a width that there is beyond the cusp
/// alone: one that all samples lack is misspelt; and where all of them fail, so will the rest.
/// @param all  also those behind the first that has all quantities
/// @throws invalid_argument  as point_work_of
[[nodiscard]] plan_trial try_plan(const sweep_plan& plan, bool all);

/// @throws invalid_argument  as point_work_of, and with the faults of a trial
void require_sound(const sweep_plan& plan);

/// What the files that the command names hold, as a text: another one, another result. A word names
/// a file if it leads to one, whole, behind "=", or up to a ":".
[[nodiscard]] std::string inputs_of(const sweep_plan& plan);

}  // namespace moebius::cli
