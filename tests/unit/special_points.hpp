// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <vector>

namespace moebius::test {

inline std::vector<special_point> of_type(const diagram& in, point_type type) {
    std::vector<special_point> found;
    for (const auto& point : in.special_points)
        if (point.type == type) found.push_back(point);
    return found;
}

}  // namespace moebius::test
