// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/model/grid_axis.hpp>
#include <string>

namespace moebius {

struct grid_sweep_options {
    /// Starts, the same at every grid point; none means two: all coordinates at the lower end of
    /// the model's state bounds, and the first at the upper end. The other coordinates are raised
    /// by up to 1e-6 of the bounds' distance, each by its own amount: where members of a model are
    /// alike, no symmetry then holds the state at an equilibrium that repels.
    std::vector<std::vector<double>> starts = {};
    double same = 1e-6;  ///< states closer than this many state scales are one, > 0
    settle_options settle = {};
    unsigned threads = 0;  ///< 0: as many as the hardware runs at once
};

/// Settles every point of a grid over two parameters from several starts.
///
/// Columns, one row a grid point with `b` running fastest: the two parameters; stable_states, how
/// many different ones the given starts reach; without starts how many there are
/// (bifurcation/stable_states.hpp, cells that no axis tells apart being alike), or are reached if
/// that is more; unsettled, how many starts reached none;
/// load_gap, the largest load less the smallest, in the most uneven state reached (a model with
/// loads only); then for each start k = 1, 2, ... the state x_k where it ended and its loads
/// load_1_k, load_2_k. A start that does not settle gives NaN there. The bytes are the same for any
/// number of threads.
///
/// @throws invalid_argument  for unknown or equal parameters, an axis, a start or an option out of
///                           range, or no starts for a model without finite state bounds
/// @throws cut_short<table>  with the rows of the points that were done, if the watch asks to stop;
///                           interrupted if there are none
[[nodiscard]] table grid_sweep(const problem& at, const grid_axis& a, const grid_axis& b,
                               const grid_sweep_options& options = {}, const watch& watch = {});

}  // namespace moebius
