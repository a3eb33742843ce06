// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// Named columns of equal length: what every run ends in, and what is written to a file.
struct table {
    std::vector<std::string> names;            ///< one a column
    std::vector<std::vector<double>> columns;  ///< columns[c][row]

    [[nodiscard]] std::size_t rows() const noexcept {
        return columns.empty() ? 0 : columns.front().size();
    }

    /// The column of that name.
    /// @throws invalid_argument if there is none
    [[nodiscard]] const std::vector<double>& at(std::string_view name) const;
};

}  // namespace moebius
