// SPDX-License-Identifier: MIT
#include "csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "table_memory.hpp"

namespace moebius::csv {
namespace {

/// The lines of a file, without their ends. A line is valid until the next one.
class line_reader {
public:
    line_reader(file_reader& file, std::string_view start)
        : file_(file), buffer_(start.begin(), start.end()), to_(start.size()) {
        buffer_.resize(buffer_.size() + 1);  // memchr takes no null
    }

    /// False at the end of the file.
    bool next(std::string_view& line) {
        while (true) {
            const char* end = find_end();
            if (end != nullptr || (done_ && from_ < to_)) {
                const char* first = buffer_.data() + from_;
                const char* last = end != nullptr ? end : buffer_.data() + to_;
                from_ = static_cast<std::size_t>(last - buffer_.data()) + (end != nullptr ? 1 : 0);
                line = {first, static_cast<std::size_t>(last - first)};
                return true;
            }
            if (done_) return false;
            fill();
        }
    }

private:
    const char* find_end() const {
        return static_cast<const char*>(std::memchr(buffer_.data() + from_, '\n', to_ - from_));
    }

    /// Moves what is left to the front and reads on behind it; a long line makes the buffer grow.
    void fill() {
        constexpr std::size_t block = std::size_t{1} << 18, longest = std::size_t{1} << 30;
        if (to_ - from_ > longest) throw io_error(file_.name(), "it has a line of more than 1 GiB");
        std::memmove(buffer_.data(), buffer_.data() + from_, to_ - from_);
        to_ -= from_;
        from_ = 0;
        if (buffer_.size() - to_ < block) buffer_.resize(std::max(2 * to_, to_ + block));
        const auto room = std::span(buffer_).subspan(to_);
        const std::size_t got = file_.read(room);
        done_ = got < room.size();
        to_ += got;
    }

    file_reader& file_;
    std::vector<char> buffer_;
    std::size_t from_ = 0, to_ = 0;
    bool done_ = false;
};

/// What stands between cells: the first of these that the first line has. A tab is else a blank.
constexpr std::string_view separators = ";,\t";

char separator_of(std::string_view line) {
    for (const char one : separators)
        if (line.find(one) != std::string_view::npos) return one;
    return ',';
}

bool is_blank(char c, char separator) { return (c == ' ' || c == '\t') && c != separator; }

/// Up to 15 digits are a whole number that a double holds: most cells of most tables.
const char* whole_number(const char* at, const char* end, char separator, double& value) {
    std::uint64_t digits = 0;
    const char* const stop = std::min(end, at + 15);
    const char* p = at;
    for (; p != stop && *p >= '0' && *p <= '9'; ++p)
        digits = 10 * digits + static_cast<std::uint64_t>(*p - '0');
    if (p == at || (p != end && *p != separator)) return nullptr;
    value = static_cast<double>(digits);
    return p;
}

/// The number at the start of a cell, and where the cell ends; null if it is none.
const char* take_number(const char* at, const char* end, char separator, double& value) {
    if (const char* stop = whole_number(at, end, separator, value)) return stop;
    while (at != end && is_blank(*at, separator)) ++at;
    const auto [stop, failure] = std::from_chars(at, end, value);
    if (failure == std::errc::result_out_of_range)  // too large, or so small that it is 0
        value = std::strtod(std::string(at, stop).c_str(), nullptr);
    else if (failure != std::errc{})
        return nullptr;
    const char* p = stop;
    while (p != end && is_blank(*p, separator)) ++p;
    return p == end || *p == separator ? p : nullptr;
}

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
    return table.finish();
}

}  // namespace moebius::csv
