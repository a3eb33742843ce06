// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/tokens/token_file.hpp>
#include <string_view>

namespace moebius::npy {

[[nodiscard]] bool recognises(std::string_view bytes) noexcept;

/// @param path  for the sentences of io_error only
[[nodiscard]] number_array parse(const std::string& path, std::string_view bytes);

}  // namespace moebius::npy
