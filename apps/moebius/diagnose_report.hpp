// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/result.hpp>
#include <string>

namespace moebius::cli {

/// A result of `diagnose` as a page that needs nothing beside it: HTML 5 with its figures inside,
/// for light and dark screens. Without gnuplot it has the tables alone, and says so.
[[nodiscard]] std::string report_page_of(const result_document& result);

}  // namespace moebius::cli
