// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/base/table.hpp>
#include <string>
#include <utility>

namespace moebius {

/// Grows a table row by row, by names that are the same in every row; the first makes the columns.
class row_writer {
public:
    explicit row_writer(table& to) : to_(to) {}

    /// Begins a row.
    void next() noexcept { column_ = 0; }

    void put(std::string name, double value) {
        if (column_ == to_.names.size()) {
            to_.names.push_back(std::move(name));
            to_.columns.emplace_back();
        }
        to_.columns[column_++].push_back(value);
    }

private:
    table& to_;
    std::size_t column_ = 0;
};

}  // namespace moebius
