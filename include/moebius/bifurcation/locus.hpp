// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>

namespace moebius {

/// All curves of folds in a window of two parameters, each once, with the cusps (CP) on them.
///
/// A fold curve that is not closed crosses the window's edge, and there it is a fold of the
/// equilibria along that edge; so the starts are the folds and branch points along the four edges,
/// and along a line across the middle each way for curves that close inside. Columns: the two
/// parameters, the states, load_1 ..., quadratic (w^T f_xx(v, v) / 2, zero at a cusp).
///
/// A cusp's normal form is `cubic`, of w' = ... + cubic w^3 along the null vector of length 1.
/// @param start  follow only the fold curve through this LP, BP or CP
/// @throws invalid_argument for a bad range, option or parameter, or a start that is no fold
/// @throws interrupted  if the watch asks to stop
/// @source  Kuznetsov (3rd ed.), section 8.2 (cusp) and 10.3.1 (fold curves)
[[nodiscard]] diagram fold_locus(const problem& base, const parameter_range& first,
                                 const parameter_range& second,
                                 const continuation_options& options = {},
                                 const std::optional<special_point>& start = {},
                                 const watch& progress = {});

}  // namespace moebius
