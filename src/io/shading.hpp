// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <moebius/continuation/diagram.hpp>
#include <moebius/io/figure.hpp>
#include <vector>

namespace moebius {

/// A region layer for each fold curve with a cusp: what lies between its arms, closed along `box`
/// ({x from, x to, y from, y to}, which the curve's ends touch) on the side that the cusp opens to.
[[nodiscard]] std::vector<figure_layer> shading_of(const diagram& folds,
                                                   const std::array<double, 4>& box);

}  // namespace moebius
