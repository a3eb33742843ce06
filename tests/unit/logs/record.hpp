// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/logs/load_log.hpp>

namespace moebius {

inline load_record record_of(std::int64_t step, std::size_t layer, std::span<const double> loads,
                             std::span<const double> scores = {}) {
    return {step, layer, loads, scores, {}, {}};
}

}  // namespace moebius
