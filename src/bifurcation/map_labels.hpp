// SPDX-License-Identifier: MIT
// Which special points of a map are kept, and what they are called.
#pragma once

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <moebius/continuation/diagram.hpp>
#include <utility>
#include <vector>

namespace moebius::detail {

/// Where two multipliers come together, each curve of special points that passes there finds it.
inline void drop_twice_found(std::vector<special_point>& points) {
    constexpr double same = 1e-6;
    const auto off = [](const std::vector<double>& a, const std::vector<double>& b) {
        double most = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            most = std::max(most, std::abs(a[i] - b[i]) / (1 + std::abs(a[i])));
        return most;
    };
    std::vector<special_point> kept;
    for (auto& point : points) {
        const bool resonant = point.type == point_type::R1 || point.type == point_type::R2;
        const bool known =
            resonant && std::any_of(kept.begin(), kept.end(), [&](const special_point& other) {
                return other.type == point.type && other.branch == point.branch &&
                       off(other.state, point.state) < same &&
                       off(other.parameters, point.parameters) < same;
            });
        if (!known) kept.push_back(std::move(point));
    }
    points = std::move(kept);
}

/// Labels of these types anew, in the order of the points.
inline void number(std::vector<special_point>& points, std::initializer_list<point_type> types) {
    for (const auto type : types) {
        std::size_t count = 0;
        for (auto& point : points)
            if (point.type == type) point.label = label_of(type, ++count);
    }
}

}  // namespace moebius::detail
