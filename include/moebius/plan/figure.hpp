// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/figure.hpp>
#include <moebius/plan/rows.hpp>

namespace moebius {

/// The map of a sweep as far as it is: the first kept quantity, of one axis as points over it, of
/// two and more as squares over the first two, a colour a value where there are five at most, else
/// one for each fifth of the range. Points that failed are crosses.
[[nodiscard]] figure figure_of(const sweep_plan& plan, const plan_rows& rows);

}  // namespace moebius
