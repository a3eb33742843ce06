// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/figure.hpp>
#include <string>
#include <utility>

namespace moebius {

/// A layer without points yet.
[[nodiscard]] inline figure_layer layer(std::string title, layer_look look, layer_color color,
                                        layer_marker marker = layer_marker::circle) {
    return {std::move(title), look, color, marker, {}, {}, {}, false};
}

inline void add(figure_layer& to, double x, double y) {
    to.x.push_back(x);
    to.y.push_back(y);
}

}  // namespace moebius
