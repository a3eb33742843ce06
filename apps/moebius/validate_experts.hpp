// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/compare/expert_validation.hpp>
#include <moebius/io/result.hpp>
#include <string>

namespace moebius::cli {

[[nodiscard]] result_document experts_document(const expert_validation& v, result_heading heading);

/// For a reader: steady states, jumps, the window in which both kinds of states are stable, and
/// what they come to.
[[nodiscard]] std::string experts_report(const expert_validation& v);

}  // namespace moebius::cli
