// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/plots.hpp>
#include <string>
#include <vector>

#include "drawn_table.hpp"

namespace moebius {

[[nodiscard]] inline bool has_loads(const drawn_table& columns) {
    return columns.find("load_2") != nullptr;
}

/// What a figure of states shows upwards: the load gap, or the first state of a model without one.
[[nodiscard]] inline std::vector<double> heights(const drawn_table& columns, std::size_t state) {
    if (!has_loads(columns)) return columns.column(state);
    std::vector<double> gap = columns.at("load_1");
    const auto& other = columns.at("load_2");
    for (std::size_t row = 0; row < gap.size(); ++row) gap[row] -= other[row];
    return gap;
}

[[nodiscard]] inline std::string height_name(const drawn_table& columns, std::size_t state) {
    return axis_name(has_loads(columns) ? "gap" : columns.name(state));
}

}  // namespace moebius
