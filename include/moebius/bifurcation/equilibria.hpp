// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>

namespace moebius {

/// All branches of equilibria that can be reached as one parameter varies over a range: from every
/// equilibrium at either end of it, and from every branch point on the way, each branch once.
///
/// Folds (LP), branch points (BP) and ends (EP) are located, labelled and described; each located
/// point is a row of its branch. Columns: the parameter, the states, load_1 ..., eigenvalue (the
/// largest real part), stable, n_unstable.
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
