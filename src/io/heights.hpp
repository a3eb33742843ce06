// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <moebius/base/table.hpp>
#include <moebius/io/plots.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

[[nodiscard]] inline bool has_loads(const table& columns) {
    return std::find(columns.names.begin(), columns.names.end(), "load_2") != columns.names.end();
}

/// What a figure of states shows upwards: the load gap, or the first state of a model without one.
[[nodiscard]] inline std::vector<double> heights(const table& columns, std::size_t state) {
    if (!has_loads(columns)) return columns.columns.at(state);
    std::vector<double> gap = columns.at("load_1");
    const auto& other = columns.at("load_2");
    for (std::size_t row = 0; row < gap.size(); ++row) gap[row] -= other[row];
    return gap;
}

[[nodiscard]] inline std::string height_name(const table& columns, std::size_t state) {
    return axis_name(has_loads(columns) ? "gap" : columns.names.at(state));
}

}  // namespace moebius
