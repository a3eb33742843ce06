// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <moebius/compare/bootstrap.hpp>
#include <string_view>
#include <vector>

namespace moebius {

/// Load gaps of the same seeds from two starts, as far as feedback is swept.
struct swept_gaps {
    std::vector<double> feedbacks;                          ///< (points), one way
    std::array<std::vector<std::vector<double>>, 2> sides;  ///< (points, seeds) of either start
};

/// Where in a sweep an ensemble changes, by the means of its gaps over seeds: the feedback from
/// which on, to the last, they pass a level, on the line between the points beside it. Gaps that
/// are predicted and gaps that are measured have these by the same rule.
///
///   onset   the gaps of both starts are more than `apart` apart
///   first   the first start's gap is above apart/2: where its branch begins
///   second  the second start's gap is below -apart/2
///
/// -inf: before the sweep, inf: behind it, of which an interval's ends may be, too; NaN: not known.
using sweep_places = std::array<drawn_interval, 3>;
inline constexpr std::array<std::string_view, 3> sweep_place_names{"onset", "first", "second"};

[[nodiscard]] sweep_places places_of(const swept_gaps& gaps, double apart,
                                     const bootstrap_options& how);

/// Those of the first less those of the second, seeds drawn alike. NaN where one is outside the
/// sweep.
/// @param a, b  of the same points and seeds
[[nodiscard]] sweep_places places_between(const swept_gaps& a, const swept_gaps& b, double apart,
                                          const bootstrap_options& how);

}  // namespace moebius
