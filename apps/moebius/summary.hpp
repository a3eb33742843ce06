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

}  // namespace moebius::cli
