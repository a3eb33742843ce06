// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/file_reader.hpp>
#include <moebius/tokens/token_file.hpp>
#include <string_view>

namespace moebius::npy {

inline constexpr std::string_view magic = "\x93NUMPY";

/// The file behind its magic string. Peak memory is the array of doubles.
[[nodiscard]] number_array read_after_magic(file_reader& file);

}  // namespace moebius::npy
