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
/// kind "cycle": from a Hopf point (HB) one way, from a PD the cycles of twice its period one way,
/// from a BP the branch that crosses the one on which it was found, both ways, and from another
/// point with a stored cycle the branch through it, both ways.
///
/// Columns: the parameter, period, load_1_min, load_1_max ... (of a model without loads each
/// state's, x_min, x_max ...), multiplier_1_re, multiplier_1_im ... (the leading ones besides the
/// trivial 1), stable, n_unstable, and accuracy: the distance of the trivial multiplier from 1,
/// or, where that is more, and than 1e-5, of the logarithm of all their product from Liouville's.
/// Multipliers beyond 1e150 are given as that. Stability counts perturbations that tear groups of
/// cells apart, too.
///
/// Labels: LPC (the parameter turns), PD, NS, BP (two branches cross) and EP, each a row of its
/// own and each with its cycle, so that it can be a start again. A BP, PD or NS of perturbations
/// within a group of cells has their number as its multiplicity; from a BP or PD of that kind the
/// branch is followed on which one cell of the group goes its own way, on groups of its own.
///
/// A branch ends at a Hopf point onto which it shrinks, and where it comes back to a doubling
/// (stop_reason::branch_point); where the period grows while parameter and extremes stand still
/// (homoclinic); and where the trivial multiplier says that the others are not known (unresolved):
/// the last two by continuation_options::tolerance and multiplier_error. With a longest_period of
/// the caller's it goes on to that.
///
/// The mesh follows the cycle: its intervals are chosen for errors of `tolerance` in the period, in
/// the extremes and at the mesh points. Labels are sought on a finer mesh.
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
