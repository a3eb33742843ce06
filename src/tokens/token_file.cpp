// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <moebius/base/error.hpp>
#include <moebius/tokens/token_file.hpp>
#include <optional>
#include <string_view>
#include <system_error>

#include "npy.hpp"

namespace moebius {
namespace {

std::string whole_file(const std::string& path) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string bytes;
    std::array<char, 65536> part;
    while (in.read(part.data(), part.size()) || in.gcount() > 0)
        bytes.append(part.data(), static_cast<std::size_t>(in.gcount()));
    if (!in.is_open() || in.bad())
        throw io_error(path, errno == 0 ? std::string("it cannot be read")
                                        : std::generic_category().message(errno));
    return bytes;
}

std::optional<double> number(std::string_view cell) {
    const auto first = cell.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    cell = cell.substr(first, cell.find_last_not_of(" \t") + 1 - first);
    double value = 0;
    const auto [end, failure] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (failure != std::errc{} || end != cell.data() + cell.size()) return {};
    return value;
}

std::vector<std::string_view> cells_of(std::string_view line) {
    std::vector<std::string_view> cells;
    for (std::size_t comma = 0; (comma = line.find(',')) != std::string_view::npos;) {
        cells.push_back(line.substr(0, comma));
        line.remove_prefix(comma + 1);
    }
    cells.push_back(line);
    return cells;
}

/// Reads one line at a time into a table.
class csv_reader {
public:
    explicit csv_reader(const std::string& path) : path_(path) {}

    void take(std::string_view line) {
        ++line_;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
        if (line.back() == '\r') line.remove_suffix(1);
        const auto cells = cells_of(line);
        if (expected_ == 0) {
            expected_ = cells.size();
            if (are_names(cells)) return;
        }
        if (cells.size() != expected_)
            fail(fmt::format("line {} has {} columns, but the first has {}", line_, cells.size(),
                             expected_));
        for (std::size_t c = 0; c < cells.size(); ++c) table_.values.push_back(value(cells[c], c));
        ++table_.rows;
    }

    token_table finish() {
        if (table_.rows == 0) fail("there is no row of numbers in it");
        table_.columns = expected_;
        return std::move(table_);
    }

private:
    [[noreturn]] void fail(std::string_view reason) const { throw io_error(path_, reason); }

    static bool are_names(const std::vector<std::string_view>& cells) {
        for (const auto cell : cells)
            if (number(cell)) return false;
        return true;
    }

    double value(std::string_view cell, std::size_t column) const {
        const auto read = number(cell);
        if (!read || !std::isfinite(*read))
            fail(fmt::format("'{}' on line {}, column {} is not a finite number", cell, line_,
                             column + 1));
        return *read;
    }

    const std::string& path_;
    token_table table_;
    std::size_t line_ = 0;
    std::size_t expected_ = 0;  ///< columns of the first line; 0 before it
};

token_table read_csv(const std::string& path, std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    csv_reader reader(path);
    while (!text.empty()) {
        const auto end = text.find('\n');
        reader.take(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return reader.finish();
}

token_table as_table(const std::string& path, number_array array) {
    if (array.shape.size() != 2 || array.values.empty())
        throw io_error(path, fmt::format("its shape is ({}), but tokens are a table of rows and "
                                         "columns, at least one of each",
                                         fmt::join(array.shape, ", ")));
    const std::size_t columns = array.shape[1];
    for (std::size_t i = 0; i < array.values.size(); ++i)
        if (!std::isfinite(array.values[i]))
            throw io_error(path, fmt::format("row {}, column {} is {}, but tokens must be finite",
                                             i / columns + 1, i % columns + 1, array.values[i]));
    return {array.shape[0], columns, std::move(array.values)};
}

}  // namespace

token_table read_tokens(const std::string& path) {
    const auto bytes = whole_file(path);
    if (npy::recognises(bytes)) return as_table(path, npy::parse(path, bytes));
    return read_csv(path, bytes);
}

number_array read_npy(const std::string& path) { return npy::parse(path, whole_file(path)); }

}  // namespace moebius
