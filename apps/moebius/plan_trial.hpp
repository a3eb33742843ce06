// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/plan/plan.hpp>
#include <optional>
#include <set>
#include <string>

namespace moebius::cli {

/// What the command says of a plan's points before it computes any.
struct plan_reading {
    /// Where the command takes no point: the place in the sweep file, and the sentence.
    struct refusal {
        std::string where, sentence;
    };
    std::optional<refusal> refused;
    std::set<std::string> files;  ///< that the command reads
};

/// Has the command read points up to where its work begins: the first, and where that is refused
/// others all over the plan. A plan is refused if all its points are; of many points some hundred
/// are read, and are refused with the same sentence, which then hangs on none of their values.
/// @throws invalid_argument  as point_work_of
[[nodiscard]] plan_reading read_points(const sweep_plan& plan);

/// The same.
/// @param file  of the plan
/// @throws io_error  where the plan is refused
[[nodiscard]] std::set<std::string> require_readable(const sweep_plan& plan,
                                                     const std::string& file);

/// What files hold, as a JSON text of a sum each: another one, another result.
/// @throws io_error  for one that cannot be read
[[nodiscard]] std::string sums_of(const std::set<std::string>& files);

}  // namespace moebius::cli
