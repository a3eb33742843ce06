// SPDX-License-Identifier: MIT
// The schedule of a sweep that holds on its way.
#pragma once

#include <moebius/compare/prediction.hpp>
#include <span>
#include <string>
#include <vector>

namespace moebius {

/// A sweep between two values, at rest at `levels` evenly spaced ones, but at none that is closer
/// than one level to where a branch ends that it leaves.
/// @param ends   the parameter where such branches end
/// @param decay  times of the options are in units of 1/decay
/// @param holds  the values at which it rests are added here
[[nodiscard]] schedule staircase(std::string parameter, double from, double to,
                                 std::span<const double> ends, const validate_options& options,
                                 double decay, std::vector<double>& holds);

}  // namespace moebius
