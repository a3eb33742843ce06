// SPDX-License-Identifier: MIT
// The cusps and fold curves of a prediction.
#pragma once

#include <cstddef>
#include <moebius/base/watch.hpp>
#include <moebius/compare/prediction.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/exact/scalar_response.hpp>
#include <vector>

namespace moebius {

/// By rising feedback, none of them located yet.
[[nodiscard]] std::vector<predicted_cusp> cusps_of(const exact::scalar_response& m);

/// The fold curves of a window that holds all cusps and sweeps, its stable states counted; marks
/// the cusps found on them.
[[nodiscard]] diagram folds_around(const problem& at, const parameter_range& feedback,
                                   std::vector<predicted_cusp>& cusps,
                                   const std::vector<predicted_sweep>& sweeps, const watch& watch);

/// The first cusp that opens two folds as feedback rises.
/// @throws invalid_argument  if there is none
[[nodiscard]] std::size_t main_cusp(const std::vector<predicted_cusp>& cusps);

}  // namespace moebius
