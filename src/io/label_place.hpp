// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <moebius/io/figure.hpp>
#include <vector>

namespace moebius {

/// The labels moved off their points to where lines, markers and other labels leave most room.
/// Labels of what the frame does not show are left out, and those beyond 500, as there is no room.
/// @param drawing  within the frame, as `clipped` leaves its layers
/// @param frame    what the axes show: {x from, x to, y from, y to}
[[nodiscard]] std::vector<figure_label> place_labels(const figure& drawing,
                                                     const std::array<double, 4>& frame);

}  // namespace moebius
