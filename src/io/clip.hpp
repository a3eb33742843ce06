// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <moebius/io/figure.hpp>

namespace moebius {

/// The part of a layer that a frame shows, so that what is far off costs nothing: pieces of lines
/// and of regions up to the frame's edge, and the markers within. Errors that are not finite are
/// left out, and none is longer than the frame.
/// @param frame  {x from, x to, y from, y to}, finite
[[nodiscard]] figure_layer clipped(const figure_layer& layer, const std::array<double, 4>& frame);

}  // namespace moebius
