// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/table.hpp>
#include <moebius/io/result.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace moebius {

/// A table as figures read it: whatever a file held, nothing past an end is read, and what is
/// missing is told by its place. It outlives nothing: the table must stay.
class drawn_table {
public:
    /// @param place  in the result, as "/branches/0/columns"
    /// @throws invalid_argument if the columns differ in length
    drawn_table(const table& data, std::string place);

    [[nodiscard]] std::size_t rows() const noexcept { return data_->rows(); }
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return data_->names; }

    /// Null if there is no column of that name.
    [[nodiscard]] const std::vector<double>* find(std::string_view name) const;

    /// @throws invalid_argument if there is no such column, or row
    [[nodiscard]] const std::vector<double>& at(std::string_view name) const;
    [[nodiscard]] const std::vector<double>& column(std::size_t index) const;
    [[nodiscard]] const std::string& name(std::size_t index) const;

private:
    [[noreturn]] void reject(const std::string& missing) const;

    const table* data_;
    std::string place_;
    std::unordered_map<std::string_view, std::size_t> index_;
};

/// A table of a result.
/// @throws invalid_argument if there is none, or its columns differ in length
[[nodiscard]] drawn_table drawn(const result_document& result, std::string_view name);

}  // namespace moebius
