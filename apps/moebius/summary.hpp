// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/result.hpp>
#include <string>

namespace moebius::cli {

/// Special points as a table for people.
[[nodiscard]] std::string summary_of(const diagram_document& result);

/// Says on the standard error that nothing was found, or which branches ended early and why.
/// @return whether something that was asked for is missing: then the answer is not complete
[[nodiscard]] bool tell_what_is_missing(const diagram_document& result);

}  // namespace moebius::cli
