// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace moebius {

/// A parameter that varies, and the window in which it does.
struct parameter_range {
    std::string name;
    double from = 0;
    double to = 1;  ///< > from
};

/// How a curve is followed. Lengths are dimensionless: a step of 1 is a twentieth of a varied
/// parameter's range, or one state scale of the model (field::state_scale) in a state.
struct continuation_options {
    double max_step = 0.1;            ///< longest step; > 0
    double min_step = 1e-8;           ///< a step this short that still fails ends the branch
    std::size_t max_points = 100000;  ///< points of one branch; >= 2
    double max_turn = 0.25;           ///< largest angle between two neighbouring tangents, radians
};

/// @throws invalid_argument if an option is out of range
void check_options(const continuation_options& options);

/// @throws invalid_argument if the range is empty, reversed or not finite
void check_range(const parameter_range& range);

}  // namespace moebius
