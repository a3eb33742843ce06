// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace moebius::npy {

/// A type of number in NumPy's files.
struct element {
    std::string_view code;  ///< kind and size, as in the header's descr
    std::size_t size;       ///< bytes
    /// Doubles of `count` elements; false at one that no double holds.
    bool (*load)(const char* bytes, std::size_t count, double* to);
};

[[nodiscard]] std::span<const element> known_elements() noexcept;

}  // namespace moebius::npy
