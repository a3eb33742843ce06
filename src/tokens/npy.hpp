// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/tokens/token_file.hpp>
#include <string_view>

#include "byte_source.hpp"

namespace moebius::npy {

inline constexpr std::string_view magic = "\x93NUMPY";

/// The file behind its magic string. Peak memory is the array of doubles.
[[nodiscard]] number_array read_after_magic(byte_source& file);

}  // namespace moebius::npy
