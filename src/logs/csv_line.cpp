// SPDX-License-Identifier: MIT
#include "csv_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/text.hpp>
#include <moebius/tokens/cells.hpp>
#include <span>

#include "column.hpp"

namespace moebius {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

bool is_well_quoted(std::string_view cell) {
    constexpr std::string_view blanks = " \t\r";
    cell.remove_prefix(std::min(cell.find_first_not_of(blanks), cell.size()));
    cell = cell.substr(0, cell.find_last_not_of(blanks) + 1);
    if (cell.find('"') == std::string_view::npos) return true;
    if (cell.size() < 2 || cell.front() != '"' || cell.back() != '"') return false;
    cell = cell.substr(1, cell.size() - 2);
    for (std::size_t at = 0; (at = cell.find('"', at)) != std::string_view::npos; at += 2)
        if (at + 1 == cell.size() || cell[at + 1] != '"') return false;
    return true;
}

}  // namespace

std::string quoting_fault(std::span<const std::string_view> cells) {
    const auto bad = std::find_if_not(cells.begin(), cells.end(), is_well_quoted);
    if (bad == cells.end()) return {};
    return fmt::format(
        "the quotes of '{}' are not closed in that line, or stand within a cell, but each is to "
        "have one at either end, and two where it has one itself",
        excerpt(*bad, 40));
}

void csv_line::set_separator_of(std::string_view first_line) {
    separator_ = csv::separator_of(first_line);
}

void csv_line::split(std::string_view line, std::vector<std::string_view>& to) const {
    to.clear();
    for (std::size_t from = 0;;) {
        std::size_t end = from;
        for (bool quoted = false; end < line.size() && (quoted || line[end] != separator_); ++end)
            if (line[end] == '"') quoted = !quoted;
        to.push_back(line.substr(from, end - from));
        if (end == line.size()) return;
        from = end + 1;
    }
}

void csv_line::keep_start(std::string_view line, const char* end) {
    const auto size = static_cast<std::size_t>(end - line.data());
    if (size > start_.size()) return;
    std::memcpy(start_.data(), line.data(), size);
    start_size_ = size;
}

/// False where a cell is no number.
bool csv_line::read_numbers(std::string_view line) {
    const auto room = [this] {
        if (values_.size() - count_ <= csv::most_cells_at_once)
            values_.resize(2 * values_.size() + 2 * csv::most_cells_at_once);
        return std::span(values_).subspan(count_);
    };
    const char *at = line.data(), *const end = at + line.size();
    const bool alike = begins_as_last(line);
    count_ = alike ? shared_ : 0;  // whose values are here still
    at += alike ? start_size_ : 0;
    start_size_ = alike ? start_size_ : 0;
    plain_ = shared_ == 0;
    while (at <= end && count_ < shared_) {
        at = csv::take_padded_number(at, end, separator_, room().front());
        if (at == nullptr) return false;
        ++at;
        if (++count_ == shared_ && at <= end) keep_start(line, at);
    }
    while (at <= end) {
        const auto taken = csv::take_numbers(at, end, separator_, room());
        if (taken.count == 0) return false;
        count_ += taken.count;
        plain_ = plain_ && taken.plain;
        at = taken.next;
    }
    return true;
}

std::size_t csv_line::read(std::string_view line) {
    line_ = line;
    cells_.clear();
    if (read_numbers(line)) return count_;
    start_size_ = 0;
    plain_ = false;
    count_ = 0;  // one is no plain number: an empty cell, a word, quotes
    split(line, cells_);
    for (const auto cell : cells_) {
        const auto one = bare_cell(cell);
        double value = no_number;
        const char* const last = one.data() + one.size();
        if (one.empty() || csv::take_number(one.data(), last, separator_, value) != last)
            value = no_number;
        put(value);
    }
    return count_;
}

std::string_view csv_line::cell(std::size_t column) const {
    return bare_cell(cells_.empty() ? cells_of(line_)[column] : cells_[column]);
}

bool csv_line::are_numbers(std::string_view line) {
    read(line);
    const auto all = values();
    return std::none_of(all.begin(), all.end(), [](double one) { return std::isnan(one); });
}

}  // namespace moebius
