// SPDX-License-Identifier: MIT
// Sweep files.
#include <moebius/plan/plan.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

const std::size_t allocation_floor = std::size_t{1} << 24;  // a count of seeds is a short text

void read_one(std::string_view input) {
    const auto plan = parse_plan(input, "sweep");
    require(plan.points() > 0 && plan.points() <= most_plan_points, "points out of range");
    for (const auto index : {std::uint64_t{0}, plan.points() - 1})
        require(plan.point(index).at.size() == plan.axes.size(), "a point without an axis");
    require(parse_plan(plan.text, "sweep").hash() == plan.hash(), "a plan that changes");
}

}  // namespace moebius::fuzz
