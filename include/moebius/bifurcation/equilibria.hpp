// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>

namespace moebius {

/// All branches of equilibria that can be reached as one parameter varies over a range: from every
/// equilibrium found at either end of it and between (options.searches), from every branch point
/// on the way, and, of up to 32 states, from starts over states and range at once until many in a
/// row find nothing new; each branch once.
///
/// Folds (LP), branch points (BP), Hopf points (HB) and ends (EP) are located, labelled and
/// described; each located point is a row of its branch. Columns: the parameter, the states, load_1
/// ..., eigenvalue (the largest real part), stable, n_unstable.
///
/// Cells that are interchangeable (model/cell_field.hpp) are seen in the groups of `base`, and
/// start alike in each. Where what differs within a group of k loses stability, a BP of
/// multiplicity k - 1 stands; the branches on which 1, 2, ..., k/2 of them part from the rest are
/// followed once each, in their own groups, and `copies` counts those that are alike. Eigenvalues
/// of a point are those of its groups, and behind them those within the group that splits.
/// @source  Golubitsky, Stewart & Schaeffer, Singularities and Groups in Bifurcation Theory II,
///          section XIII.3 (equivariant branching lemma: a branch in each one-dimensional
///          fixed-point space)
///
/// @param start  follow only the branch through this point (both ways) and what branches off it,
///               with the parameters stored there
/// @throws invalid_argument for a bad range, option or parameter
/// @throws interrupted  if the watch asks to stop
[[nodiscard]] diagram equilibrium_diagram(const problem& base, const parameter_range& range,
                                          const continuation_options& options = {},
                                          const std::optional<special_point>& start = {},
                                          const watch& progress = {});

}  // namespace moebius
