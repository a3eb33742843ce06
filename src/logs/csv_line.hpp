// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// What is wrong with the quotes of some cells; empty if nothing is. A cell has none, or one at
/// either end, blanks aside, and between them only pairs, each of which stands for one.
/// @source  RFC 4180, section 2
[[nodiscard]] std::string quoting_fault(std::span<const std::string_view> cells);

/// The cells of a line of a table, most of them numbers.
class csv_line {
public:
    void set_separator_of(std::string_view first_line);

    /// Lines that begin as the last one did, up to that column, are read from it on: in a row an
    /// expert most differ in the expert and what follows it alone.
    void share_before(std::size_t column) noexcept { shared_ = column; }

    /// Reads a line, which must outlive its use; returns how many cells it has. It is one of
    /// line_reader's: 8 bytes behind it can be read.
    std::size_t read(std::string_view line);

    /// What the last line began with, up to that column; empty where it is not known.
    [[nodiscard]] std::string_view start() const noexcept { return {start_.data(), start_size_}; }
    [[nodiscard]] char separator() const noexcept { return separator_; }

    /// Of each cell; NaN where it is no number.
    [[nodiscard]] std::span<const double> values() const noexcept {
        return {values_.data(), count_};
    }

    /// What is wrong with the quotes of the last line; empty if nothing is.
    [[nodiscard]] std::string quoting_fault() const { return moebius::quoting_fault(cells_); }

    /// Whether it is known of all of them that they are >= 0 and finite, and none is -0.
    [[nodiscard]] bool is_plain() const noexcept { return plain_; }

    /// Without blanks and quotes around it; for sentences and names.
    [[nodiscard]] std::string_view cell(std::size_t column) const;

    /// Reads a line, and tells whether no cell of it is a word.
    [[nodiscard]] bool are_numbers(std::string_view line);

    /// Of any line; a separator between quotes is none.
    [[nodiscard]] std::vector<std::string_view> cells_of(std::string_view line) const {
        std::vector<std::string_view> out;
        split(line, out);
        return out;
    }

private:
    void put(double value) {
        if (count_ == values_.size()) values_.resize(2 * count_ + 8);
        values_.data()[count_++] = value;
    }

    void split(std::string_view line, std::vector<std::string_view>& to) const;
    [[nodiscard]] bool begins_as_last(std::string_view line) const {
        return start_size_ > 0 && line.size() > start_size_ &&
               std::memcmp(line.data(), start_.data(), start_size_) == 0;
    }
    [[nodiscard]] bool read_numbers(std::string_view line);
    void keep_start(std::string_view line, const char* end);

    char separator_ = ',';
    std::string_view line_;
    std::vector<std::string_view> cells_;  ///< of the line, where not all of it is plain numbers
    std::vector<double> values_;           ///< room for a line's; never smaller
    std::size_t count_ = 0;
    bool plain_ = false;
    std::size_t shared_ = 0;      ///< column before which lines are alike; 0 where none are
    std::array<char, 40> start_;  ///< of the last line, up to that column
    std::size_t start_size_ = 0;  ///< 0 where there was no such line, or it is longer
};

}  // namespace moebius
