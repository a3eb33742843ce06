// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/file_reader.hpp>
#include <moebius/tokens/token_file.hpp>
#include <string_view>

namespace moebius::csv {

/// A file of which the first bytes, `start`, were read already. Peak memory is the table and the
/// longest line; that of a pipe, whose lines cannot be counted beforehand, three times the table.
[[nodiscard]] token_table read(file_reader& file, std::string_view start);

}  // namespace moebius::csv
