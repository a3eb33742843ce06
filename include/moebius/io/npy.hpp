// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/base/table.hpp>
#include <span>
#include <string>

namespace moebius {

/// A table as a NumPy array file (format 1.0): float64, little-endian, shape (rows, columns),
/// row-major. The names are lost: numpy.load gives the numbers only.
[[nodiscard]] std::string to_npy(const table& values);

/// The same of numbers that are row-major already.
/// @throws invalid_argument  for sizes that do not fit
[[nodiscard]] std::string to_npy(std::span<const double> values, std::size_t rows,
                                 std::size_t columns);

}  // namespace moebius
