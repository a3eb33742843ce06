// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/io/load_log_file.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// A load log before it is written.
struct load_log_arrays {
    std::size_t steps = 0, runs = 0, experts = 0;
    std::vector<std::int32_t> counts;  ///< (steps, runs, experts)
    std::vector<double> scores;        ///< as counts
    const log_probes& probes;
    std::string_view config;  ///< JSON text, ASCII

    [[nodiscard]] std::size_t loads() const noexcept { return steps * runs * experts; }
};

/// An NPZ archive.
/// @throws invalid_argument  for more than 4 GB
[[nodiscard]] std::string to_npz(const load_log_arrays& log);

/// A row an expert.
/// @throws invalid_argument  for moments
[[nodiscard]] std::string to_rows(const load_log_arrays& log, char separator);

/// A JSON record a step and layer.
[[nodiscard]] std::string to_records(const load_log_arrays& log);

}  // namespace moebius
