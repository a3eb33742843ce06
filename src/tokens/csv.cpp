// SPDX-License-Identifier: MIT
#include "csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/line_reader.hpp>
#include <moebius/base/text.hpp>
#include <moebius/tokens/cells.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <moebius/base/table_memory.hpp>

namespace moebius::csv {
namespace {

/// Takes one line at a time into a table.
class table_builder {
public:
    explicit table_builder(const std::string& path) : path_(path) {}

    void reserve(std::size_t values) { reserve_table(table_.values, values); }
    [[nodiscard]] std::size_t columns() const noexcept { return table_.columns; }

    void take(std::string_view line) {
        ++line_;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
        if (table_.columns == 0) {
            separator_ = separator_of(line);
            table_.columns = cells_of(line);
            if (are_names(line)) return;
        }
        const std::size_t before = table_.values.size();
        for (const char *at = line.data(), *end = at + line.size();; ++at) {
            double value = 0;
            const char* stop = take_number(at, end, separator_, value);
            if (stop == nullptr || !std::isfinite(value)) refuse(line, before, at);
            table_.values.push_back(value);
            at = stop;
            if (at == end) break;
        }
        if (table_.values.size() - before != table_.columns) refuse_length(line);
        ++table_.rows;
    }

    token_table finish() {
        if (table_.rows == 0) fail("there is no row of numbers in it");
        return std::move(table_);
    }

private:
    [[noreturn]] void fail(std::string_view reason) const { throw io_error(path_, reason); }

    [[nodiscard]] std::size_t cells_of(std::string_view line) const {
        return 1 + static_cast<std::size_t>(std::count(line.begin(), line.end(), separator_));
    }

    [[noreturn]] void refuse_length(std::string_view line) const {
        fail(fmt::format("line {} has {} columns, but the first has {}", line_, cells_of(line),
                         table_.columns));
    }

    [[noreturn]] void refuse(std::string_view line, std::size_t before, const char* at) const {
        if (cells_of(line) != table_.columns) refuse_length(line);
        const std::string_view rest(at, static_cast<std::size_t>(line.data() + line.size() - at));
        fail(fmt::format("'{}' on line {}, column {} is not a finite number",
                         excerpt(rest.substr(0, rest.find(separator_))), line_,
                         table_.values.size() - before + 1));
    }

    /// No cell is a number.
    [[nodiscard]] bool are_names(std::string_view line) const {
        for (std::size_t at = 0; at <= line.size();) {
            double value = 0;
            if (take_number(line.data() + at, line.data() + line.size(), separator_, value) !=
                nullptr)
                return false;
            const auto next = line.find(separator_, at);
            if (next == std::string_view::npos) break;
            at = next + 1;
        }
        return true;
    }

    const std::string& path_;
    token_table table_;
    char separator_ = ',';
    std::size_t line_ = 0;
};

/// At most so many lines a file of known size has. What the table needs is then asked for once,
/// where a vector that grows holds two copies.
std::optional<std::size_t> count_lines(file_reader& file, std::size_t read_already) {
    if (!file.size()) return {};
    std::vector<char> block(std::size_t{1} << 18);
    std::size_t count = read_already + 1;
    while (const auto got = file.read(block))
        count += static_cast<std::size_t>(
            std::count(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got), '\n'));
    file.go_to(read_already);
    return count;
}

}  // namespace

token_table read(file_reader& file, std::string_view start) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    const auto lines = count_lines(file, start.size());
    line_reader reader(file, start);
    table_builder table(file.name());
    bool first = true, asked = !lines;
    for (std::string_view line; reader.next(line);) {
        if (std::exchange(first, false) && line.starts_with(byte_order_mark))
            line.remove_prefix(byte_order_mark.size());
        table.take(line);
        if (asked || table.columns() == 0) continue;
        asked = true;  // a value takes two bytes, but the last of a file
        table.reserve(std::min(*file.size() / 2 + 1, *lines * table.columns()));
    }
    auto out = table.finish();
    out.ends_early = reader.ended_early();
    return out;
}

}  // namespace moebius::csv
