// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace moebius {

/// The product of sizes that a file or a command line may say, as the length of an array.
/// @throws invalid_argument  naming `where` if it exceeds 2^44 numbers, more than any memory holds
[[nodiscard]] std::size_t checked_product(std::string_view where,
                                          std::initializer_list<std::size_t> sizes);

/// Their sum, likewise.
[[nodiscard]] std::size_t checked_sum(std::string_view where,
                                      std::initializer_list<std::size_t> sizes);

/// Numbers of one result at most: what is read takes no more, so that nothing is written that
/// could not be read.
inline constexpr std::size_t most_result_values = std::size_t{1} << 26;

/// Checks the size of a table before anything of it is computed.
/// @param what  the rows that come, in the plural: "grid points"
/// @throws invalid_argument  naming `where` and both sizes if it has more than most_result_values
void check_result_size(std::string_view where, std::string_view what, std::size_t rows,
                       std::size_t columns);

}  // namespace moebius
