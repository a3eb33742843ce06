// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/file_reader.hpp>
#include <moebius/tokens/token_file.hpp>
#include <string_view>

namespace moebius::npz {

/// The array of that name, or the only one: plain or deflated. Peak memory is the array of doubles
/// and the archive's list of contents: 64 times the packed bytes, or 64 MiB.
/// @param name  empty: the only one
/// @throws io_error  for a damaged archive, one that packs more than that, one from a pipe, of 4
/// GiB or more or encrypted, another
///                   method, and a name that is missing or not there
[[nodiscard]] number_array read(file_reader& file, std::string_view name);

}  // namespace moebius::npz
