// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <moebius/base/table.hpp>
#include <optional>
#include <vector>

/// Closed forms: what continuation and simulation are checked against.
namespace moebius::exact {

/// The mean load gap m at x and its derivatives: {m, m', m'', m'''}.
using response = std::function<std::array<double, 4>(double x)>;

/// A fold of x' = -decay x + feedback m(x) + bias.
struct fold_point {
    double x = 0;
    double feedback = 0;  ///< decay / m'(x)
    double bias = 0;      ///< decay x - feedback m(x)
};

/// A fold where m'' = 0, and what x' is around it: with xi = x - fold.x, and the parameters moved
/// by df and db, x' = (db + gap df) + slope df xi + cubic xi^3 + higher orders.
struct cusp_point {
    fold_point fold;
    double gap = 0;    ///< m
    double slope = 0;  ///< m'
    double cubic = 0;  ///< feedback m''' / 6; negative where two stable states are born
};

/// The fold at x, or nothing where the slope is 0 or so small that feedback overflows.
///
/// @throws invalid_argument  if decay is not > 0 or x is not finite
/// @source docs/theory.md section 4
[[nodiscard]] std::optional<fold_point> fold_at(const response& m, double decay, double x);

/// Where to look for a response's folds and cusps.
struct interval {
    double from = 0;
    double to = 0;
    std::size_t cells = 2000;  ///< of equal length; structure finer than a cell may be missed
};

/// The fold set as columns feedback, bias, x at the cells' borders; places without a fold are left
/// out.
///
/// @throws invalid_argument  if decay is not > 0, or the interval is empty, reversed or not finite
[[nodiscard]] table fold_set(const response& m, double decay, const interval& where);

/// All cusps with x inside the interval, in the order of x: the places where m'' changes sign,
/// each once.
///
/// A pair of them inside one cell is found, too, when m'' has a single extremum there.
/// @throws invalid_argument  as fold_set
/// @cost                     cells + 1 evaluations of m, and about ten more a cusp
/// @accuracy                 x to rounding where m'' is; a slope below 1e-15 of its peak is noise
[[nodiscard]] std::vector<cusp_point> cusps(const response& m, double decay, const interval& where);

}  // namespace moebius::exact
