// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace moebius::cli {

/// The page of `moebius explore` (web/), one HTML file.
/// @throws not_compiled  in a build without Emscripten
[[nodiscard]] std::string_view explore_page();

}  // namespace moebius::cli
