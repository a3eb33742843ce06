// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// The cells of a line of a table, most of them numbers.
class csv_line {
public:
    void set_separator_of(std::string_view first_line);

    /// Reads a line, which must outlive its use; returns how many cells it has.
    std::size_t read(std::string_view line);

    /// Of each cell; NaN where it is no number.
    [[nodiscard]] std::span<const double> values() const noexcept { return values_; }

    /// Without blanks and quotes around it; for sentences and names.
    [[nodiscard]] std::string_view cell(std::size_t column) const;

    /// Of any line; a separator between quotes is none.
    [[nodiscard]] std::vector<std::string_view> cells_of(std::string_view line) const;

private:
    char separator_ = ',';
    std::string_view line_;
    std::vector<double> values_;
};

}  // namespace moebius
