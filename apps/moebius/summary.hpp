// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/io/result.hpp>

namespace moebius::cli {

/// The options of a continuation on the command line, and in a result.
void add_to(CLI::App& sub, continuation_options& options);
void describe(const continuation_options& options, result_heading& heading);

/// Special points as a table for people, on the standard error.
void summarize(const diagram_document& result);

/// Says on the standard error that nothing was found, or which branches ended early and why.
/// @return whether something that was asked for is missing: then the answer is not complete
[[nodiscard]] bool tell_what_is_missing(const diagram_document& result);

}  // namespace moebius::cli
