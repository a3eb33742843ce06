// SPDX-License-Identifier: MIT
// Points of cycles against the flow alone.
#pragma once

#include <complex>
#include <string>
#include <vector>

#include "whole_space.hpp"

namespace moebius {

/// What direct integration says of a stored cycle, with each cell by itself.
struct integrated_cycle {
    double gap = 0;         ///< how far the flow from a mesh point ends from the next one, in state
                            ///< scales, over what an error at its start grows to
    bool too_long = false;  ///< to be followed within some intervals: then no multipliers are known
    double speed = 0;       ///< of its multipliers the one that should be 1, less 1
    std::vector<std::complex<double>> multipliers;  ///< all, that of the flow among them
};
/// @throws invalid_argument if the point is none of this problem
[[nodiscard]] integrated_cycle integrated(const whole_space& in, const special_point& point);

/// What is wrong with a point of a cycle; empty if nothing is. `resolved` is set to false where its
/// multipliers cannot be told by integration.
[[nodiscard]] std::string fault_of_cycle(const claim& of, const whole_space& in,
                                         const special_point& point, const audit_options& options,
                                         bool& resolved);

}  // namespace moebius
