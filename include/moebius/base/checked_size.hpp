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

}  // namespace moebius
