// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/diagnose/loop_fit.hpp>
#include <moebius/diagnose/margin.hpp>
#include <optional>
#include <string>
#include <vector>

namespace moebius {

/// The loop's gain by counts alone, of gates that rest.
struct counted_gain {
    std::optional<measured_slope> slope;
    std::string why;  ///< there is none
    std::vector<std::string> notes;
};

/// @param loop   of the known rate; empty where it is not known
/// @param free   of other rates
/// @param known  rate x decay that is told
[[nodiscard]] counted_gain counted_gain_of(const std::optional<loop_fit>& loop,
                                           const free_loop_fit& free, double known);

/// On which of the told settings K hangs, as the log fits others as well, in words; empty where on
/// none.
/// @param balance  K at which equal loads are lost: what a gain of 1 is
[[nodiscard]] std::string hangs_on(const loop_fit& loop, const free_loop_fit& free, double known,
                                   double balance);

}  // namespace moebius
