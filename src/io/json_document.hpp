// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <moebius/base/checked_size.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace moebius {

using json = nlohmann::ordered_json;

/// What the reader of JSON takes at most: far above what is written, far below what hurts.
struct json_limits {
    static constexpr std::size_t depth = 16;                    ///< levels; results have 6
    static constexpr std::size_t bytes = std::size_t{1} << 30;  ///< of a file
    static constexpr std::size_t values = most_result_values;   ///< of a file
    /// Bytes of memory for each byte of a file, beyond the first ones: "1," takes as much, and what
    /// takes more ("[],") are no results.
    static constexpr std::size_t times = 16, free = std::size_t{1} << 24;
};

struct json_document {
    json value;
    std::size_t bytes = 0;  ///< that were read
};

/// Reads a file block by block, so that what is no JSON is given up where that shows.
///
/// No name may come twice in an object. The work and the memory are proportional to the file.
/// @throws io_error  naming the file, and the place in it for what is no JSON or beyond the limits
[[nodiscard]] json_document read_json(const std::filesystem::path& path);

}  // namespace moebius
