// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/tokens/cells.hpp>
#include <span>

namespace moebius::csv {

/// The start of take_numbers() where cells are whole numbers of 1 to 8 digits without blanks: 64
/// bytes at once, up to the first that hold something else, or the last of the line. 8 bytes behind
/// `end` can be read.
/// @param to  with room for most_cells_at_once more than are read
[[nodiscard]] taken_cells take_digit_cells(const char* at, const char* end, char separator,
                                           std::span<double> to);

}  // namespace moebius::csv
