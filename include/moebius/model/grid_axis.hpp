// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace moebius {

inline constexpr std::size_t most_grid_points = 65536;  ///< of an axis

/// Evenly spaced values of a parameter, ends included.
struct grid_axis {
    std::string parameter;
    double from = 0;
    double to = 1;            ///< may be below `from`
    std::size_t points = 51;  ///< 2 to most_grid_points

    [[nodiscard]] double value(std::size_t i) const {
        return from + (to - from) * (static_cast<double>(i) / static_cast<double>(points - 1));
    }
};

}  // namespace moebius
