// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <vector>

namespace moebius {

/// Follows the cycles through `start` as one parameter varies, and adds them to `to` as a branch of
/// kind "cycle": from a Hopf point (HB) one way, from a point with a stored cycle both ways.
///
/// Columns: the parameter, period, load_1_min, load_1_max ... (of a model without loads each
/// state's, x_min, x_max ...), multiplier_1_re, multiplier_1_im ... (the leading ones besides the
/// trivial 1), stable, n_unstable, and accuracy: the distance of the trivial multiplier from 1.
/// Stability counts perturbations that tear groups of cells apart, too.
///
/// Labels: LPC (the parameter turns), PD, NS, BP (two branches cross) and EP, each a row of its
/// own and each with its cycle, so that it can be a start again. A branch that shrinks onto a Hopf
/// point ends there (stop_reason::branch_point). The mesh follows the cycle: its intervals are
/// chosen for errors near 1e-10 of the state scale at the mesh points.
///
/// @throws invalid_argument for a bad range, option or start, or if no cycle is near the start
/// @throws interrupted      if the watch asks to stop
void add_cycle_branch(diagram& to, const problem& base, const parameter_range& range,
                      const special_point& start, const continuation_options& options = {},
                      const watch& progress = {});

/// The last loop of a trajectory (columns t, then the states, as from integrate) as a guess of a
/// cycle: from the last sample back to where the trajectory came closest to it.
/// @return nothing if it never left and came back
[[nodiscard]] std::optional<orbit> last_loop(const table& trajectory);

/// A start for add_cycle_branch from a guess of a cycle at a problem's parameters.
[[nodiscard]] special_point cycle_start(const problem& at, orbit guess);

}  // namespace moebius
