// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/result.hpp>
#include <string>

#include "output.hpp"

namespace moebius::cli {

/// Special points as a table for people.
[[nodiscard]] std::string summary_of(const diagram_document& result);

/// Writes the result with its summary, and says on the standard error that nothing was found, or
/// which branches ended early and why.
/// @return an exit code: whether something that was asked for is missing
/// @throws interrupted  if an interrupt came before there was a branch
[[nodiscard]] int finish(const output_options& output, const diagram_document& result);

}  // namespace moebius::cli
