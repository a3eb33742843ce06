// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius::cli {

/// A column or table of a result of `diagnose` that state_measures does not name.
struct diagnose_term {
    std::string_view name;        ///< in a result
    std::string_view title;       ///< above a column for a reader
    std::string_view definition;  ///< one line
};
[[nodiscard]] std::span<const diagnose_term> diagnose_terms();

/// The title of a column by its name, of terms and measures; the name where there is none.
[[nodiscard]] std::string_view title_of(std::string_view name);

/// All of them, measures first: "name (title): definition", or "name: definition" where the title
/// is the name.
[[nodiscard]] std::vector<std::string> diagnose_definitions();

/// "least", "p50", ..., "most" of a percentile over layers.
[[nodiscard]] std::string percentile_name(double percent);

}  // namespace moebius::cli
