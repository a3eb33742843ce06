// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/compare/router_comparison.hpp>
#include <moebius/io/result.hpp>
#include <string>
#include <vector>

namespace moebius::cli {

/// The options, and beta and decay as parameters.
void describe_comparison(const comparison_options& options, result_heading& heading);

[[nodiscard]] result_document compare_document(const std::vector<compared_router>& compared,
                                               const comparison_options& options,
                                               result_heading heading);

/// The table for a reader.
[[nodiscard]] std::string compare_report(const std::vector<compared_router>& compared);

/// Something was judged, and all that was agrees.
[[nodiscard]] bool all_agree(const std::vector<compared_router>& compared);

}  // namespace moebius::cli
