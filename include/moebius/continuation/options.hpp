// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace moebius {

/// A parameter that varies, and the window in which it does.
struct parameter_range {
    std::string name;
    double from = 0;
    double to = 1;  ///< > from
};

/// How a curve is followed. A locus looks for starts along lines, each a diagram with these
/// options, but that all lines together share scans and max_branches. Lengths are dimensionless: a
/// step of 1 is a twentieth of a varied parameter's range, or a state's scale (that of the model,
/// or continuation/state_units.hpp), or the largest state itself once it is larger than that.
struct continuation_options {
    double max_step = 0.1;            ///< longest step; > 0
    double min_step = 1e-8;           ///< a step this short that still fails ends the branch
    std::size_t max_points = 100000;  ///< points of one branch; >= 2
    double max_turn = 0.25;           ///< largest angle between two neighbouring tangents, radians
    double max_state = 1e6;           ///< state scales from zero at which a branch is left; > 0

    std::size_t depth = 4;  ///< branch points that are followed in a row, from the first branches
    std::size_t searches = 3;  ///< values of the parameter, ends included, at which equilibria are
                               ///< searched from scratch; >= 2
    std::size_t scans = 32;    ///< values between them at which the flow is followed from one and
                               ///< two winners; fewer where cells are many and differ
    std::size_t scan_starts = 0;  ///< flows at those values, for one winner and for two each; 0: as
                                  ///< many as take seconds. The search tells how many are left out
    std::size_t max_branches = 128;  ///< with so many, no group of cells splits any more; >= 1
    bool split_groups = true;        ///< follow branches on which cells differ that agreed before

    double tolerance = 1e-8;    ///< of a cycle's period and extremes, relative and in state scales:
                                ///< what its mesh is made for; from 1e-13 to 1e-2
    double longest_period = 0;  ///< at which a branch of cycles ends; 0: 1000 times the first one
    double multiplier_error = 1e-3;  ///< of a cycle's trivial multiplier, beyond which the others
                                     ///< say nothing and its branch ends; > 0. Meshes are made
                                     ///< finer for it, and for none that is infinite

    /// A function of state and parameters; a branch ends where it passes zero. May be empty. A
    /// branch of cycles ends where its least or its greatest value along the cycle does: where a
    /// cycle first meets what the function is zero on, or first leaves it.
    std::function<double(std::span<const double>, std::span<const double>)> stop_at = {};
};

/// @throws invalid_argument if an option is out of range
void check_options(const continuation_options& options);

/// @throws invalid_argument if the range is empty, reversed or not finite
void check_range(const parameter_range& range);

}  // namespace moebius
