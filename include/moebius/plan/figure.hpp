// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/figure.hpp>
#include <moebius/plan/rows.hpp>
#include <string_view>

namespace moebius {

/// The map of a sweep as far as it is: a kept quantity, of one axis as points over it, of two and
/// more as squares over the first two, a colour a value where there are five at most, else one for
/// each fifth of the range. Points that failed are crosses. Of more points than a figure shows
/// apart each colour has one in each of 256 by 256 cells, and the title says so.
/// @param quantity  empty: the first
/// @throws invalid_argument  for a plan without axes, and a quantity that is not kept
[[nodiscard]] figure figure_of(const sweep_plan& plan, const plan_rows& rows,
                               std::string_view quantity = {});

}  // namespace moebius
