// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/io/result.hpp>
#include <string>

namespace moebius {

/// A result as a person reads it: each section with its name, numbers to 8 digits, and the first
/// rows of each table. It says where rows or branches are left out; a file holds all.
/// @param rows  of a table at most
[[nodiscard]] std::string report_of(const result_document& result, std::size_t rows = 12);

}  // namespace moebius
