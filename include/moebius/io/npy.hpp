// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/table.hpp>
#include <string>

namespace moebius {

/// A table as a NumPy array file (format 1.0): float64, little-endian, shape (rows, columns),
/// row-major. The names are lost: numpy.load gives the numbers only.
[[nodiscard]] std::string to_npy(const table& values);

}  // namespace moebius
