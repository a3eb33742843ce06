// SPDX-License-Identifier: MIT
// What the tests of labels share.
#pragma once

#include <cmath>
#include <moebius/continuation/diagram.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace oracle {

/// A start for a locus, known by hand.
inline moebius::special_point start_at(moebius::point_type type, std::vector<double> x,
                                       std::vector<double> p) {
    moebius::special_point point;
    point.label = "start";
    point.type = type;
    point.state = std::move(x);
    point.parameters = std::move(p);
    return point;
}

inline std::vector<moebius::special_point> all(const moebius::diagram& d,
                                               moebius::point_type type) {
    std::vector<moebius::special_point> found;
    for (const auto& point : d.special_points)
        if (point.type == type) found.push_back(point);
    return found;
}

inline double coefficient(const moebius::special_point& point, std::string_view name) {
    for (const auto& [known, value] : point.normal_form)
        if (known == name) return value;
    return std::nan("");
}

}  // namespace oracle
