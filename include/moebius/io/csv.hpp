// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <moebius/base/table.hpp>
#include <moebius/continuation/diagram.hpp>
#include <span>
#include <string>
#include <string_view>

namespace moebius {

/// A table as comma-separated values: one line of names, then one a row; doubles in the shortest
/// form that reads back to the same bits, and inf, -inf, nan.
[[nodiscard]] std::string to_csv(const table& values);

/// The same with a last column of texts, in quotes where they are not empty.
/// @param name  of the column
/// @param text  of a row; asked for once a row, from the first to the last
[[nodiscard]] std::string to_csv(const table& values, std::string_view name,
                                 const std::function<std::string_view(std::size_t row)>& text);

/// A column of a CSV that has words, as they may be shown on a terminal.
struct csv_words {
    std::string_view column;             ///< in its place, or if there is none the last one
    std::span<const std::string> words;  ///< those of each number of the column, or of each row
    std::size_t first = 0;               ///< the number of the first word; others stay numbers
};

/// The same with words in place of columns of numbers, and behind them; as a word that is not there
/// a number that is NaN leaves its cell empty.
[[nodiscard]] std::string to_csv(const table& values, std::span<const csv_words> words);

/// A diagram as one tidy table: a row for each point of each branch, starting with the branch's
/// id and kind and the label of the special point that stands there (or nothing).
/// The columns are those of all branches; what a branch lacks is empty in its rows.
[[nodiscard]] std::string to_csv(const diagram& curves);

}  // namespace moebius
