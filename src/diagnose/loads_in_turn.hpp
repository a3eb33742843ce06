// SPDX-License-Identifier: MIT
#pragma once

#include "unequal_loads.hpp"

namespace moebius {

/// Experts that win in turn, in 20 blocks of some length.
[[nodiscard]] blocks_in_turn led_in_turn_of(const loads_now& at);

/// Collapses that loads came back from, two or more in 20 blocks of some length, the last of them
/// not for long.
[[nodiscard]] blocks_in_turn collapses_of(const loads_now& at);

}  // namespace moebius
