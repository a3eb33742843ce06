// SPDX-License-Identifier: MIT
// What a textbook system's labels should be, and whether a diagram has them and none besides.
#pragma once

#include <algorithm>
#include <cmath>
#include <moebius/continuation/diagram.hpp>
#include <sstream>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "oracle/labels.hpp"

namespace oracle {

using moebius::diagram;
using moebius::point_type;
using moebius::special_point;

inline constexpr double digits =
    1e-9;  // relative: the reference values have twelve digits and more

/// A coefficient that a source prints, and the weight of its last digit.
struct printed {
    std::string_view name;
    double value, unit;
};

struct expected {
    point_type type;
    std::vector<double> parameters;  ///< the first ones, as many as vary
    int multiplicity = 1;
    std::vector<printed> form = {};
};

/// Of vectors of length 1. Re c1 is that of the Hopf normal form; a fold's a and a BT's a and b
/// come up to the null vector's sign.
inline double value_of(const special_point& point, std::string_view name) {
    const double sign = coefficient(point, "a") < 0 ? -1 : 1;
    if (name == "Re c1") return coefficient(point, "omega") * coefficient(point, "l1");
    if (point.type == point_type::LP) return std::abs(coefficient(point, "quadratic"));
    return point.type == point_type::BT ? sign * coefficient(point, name)
                                        : coefficient(point, name);
}

inline bool is(const special_point& point, const expected& other) {
    if (point.type != other.type || point.multiplicity != other.multiplicity) return false;
    for (std::size_t k = 0; k < other.parameters.size(); ++k)
        if (std::abs(point.parameters[k] - other.parameters[k]) >
            digits * std::max(1e-3, std::abs(other.parameters[k])))
            return false;
    return true;
}

/// Each one, as often as it is listed, and nothing else but ends.
inline void check_labels(const diagram& found, std::vector<expected> wanted) {
    std::ostringstream text;
    text.precision(15);
    for (const auto& point : found.special_points) {
        if (point.type == point_type::EP) continue;
        text << point.label << " on " << point.branch << " times " << point.multiplicity << " at";
        for (const double p : point.parameters) text << ' ' << p;
        text << '\n';
    }
    INFO(text.str());
    for (const auto& point : found.special_points) {
        if (point.type == point_type::EP) continue;
        const auto match = std::find_if(wanted.begin(), wanted.end(),
                                        [&](const expected& one) { return is(point, one); });
        INFO(point.label << " is not wanted");
        CHECK(match != wanted.end());
        if (match == wanted.end()) continue;
        for (const auto& [name, value, unit] : match->form) {
            CAPTURE(point.label, name);
            // half a digit of the source, and rounding of the point
            CHECK_THAT(value_of(point, name),
                       WithinAbs(value, unit / 2 + digits * std::abs(value)));
        }
        wanted.erase(match);
    }
    for (const auto& left : wanted) {
        INFO(to_string(left.type) << " at " << left.parameters[0] << " is missing");
        CHECK(false);
    }
}

}  // namespace oracle
