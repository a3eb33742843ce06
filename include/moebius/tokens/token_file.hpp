// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace moebius {

/// Tokens as a file holds them: one a row, all values finite.
struct token_table {
    std::size_t rows = 0;        ///< >= 1
    std::size_t columns = 0;     ///< >= 1
    std::vector<double> values;  ///< (rows, columns), row-major
    /// Of a text: whether its last line has no end, so that its last number may be a part of one.
    bool ends_early = false;
};

/// An array in a file: FILE.npz:NAME or FILE.safetensors:NAME is one of several.
struct array_place {
    std::string path, name;
};
[[nodiscard]] array_place array_place_of(const std::string& path);

/// Reads a table of tokens; NPY and NPZ files are known by their first bytes, anything else is CSV.
/// Of an NPZ file the only array is read, or that which is named behind a colon.
///
/// CSV: numbers with semicolons, commas or tabs between them (the first of these that the first
/// line has), the same count on every line; blank lines are skipped. A first line without a single
/// number in it is taken as names and skipped.
///
/// NPY: of an array with more than two axes all but the last count as one: (batch, sequence,
/// features) are batch x sequence tokens.
///
/// Memory: the table of doubles, and a block of the file (of a CSV, its longest line).
/// @throws io_error  if the file cannot be read, holds no row, or has a value that is no finite
///                   number (with line and column), lines of unequal length, or another rank
[[nodiscard]] token_table read_tokens(const std::string& path);

/// An array of any rank.
struct number_array {
    std::vector<std::size_t> shape;
    std::vector<double> values;  ///< row-major
};

/// Reads NumPy's format, versions 1 to 3: f2, f4, f8, signed and unsigned integers and bool, and V2
/// as bfloat16 (what numpy writes for that of ml_dtypes), little- or big-endian, in C order or,
/// from a file, Fortran's. Memory: the array of doubles, and a block of the file.
/// An NPZ file is read as by read_tokens.
/// @param trailer  bytes of a file behind the array, which the caller knows
/// @throws io_error  naming what is otherwise; also for a whole number of 2^53 or more, which
///                   doubles do not tell from its neighbours
/// @source numpy.lib.format
[[nodiscard]] number_array read_npy(const std::string& path, std::size_t trailer = 0);

}  // namespace moebius
