// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace moebius::cli {

/// Where a pointer leads; and where not, the sentence of why.
struct found_value {
    double value = std::numeric_limits<double>::quiet_NaN();
    std::string missing = {};
    bool misspelt = false;  ///< the result has another of nearly that name
};

/// A number of a result.
/// @param pointer  RFC 6901; "/#" behind it: how many entries
[[nodiscard]] found_value find_value(const nlohmann::json& result, const std::string& pointer);

}  // namespace moebius::cli
