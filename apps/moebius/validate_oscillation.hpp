// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/compare/oscillation.hpp>
#include <moebius/io/result.hpp>
#include <string>

namespace moebius::cli {

[[nodiscard]] result_document oscillation_document(const oscillation_validation& v,
                                                   result_heading heading);

/// For a reader: decay below the onset, swings beyond it, and what they come to.
[[nodiscard]] std::string oscillation_report(const oscillation_validation& v);

}  // namespace moebius::cli
