// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "command.hpp"

namespace moebius::cli {

/// What a value of it looks like, in the help: "FLOAT"; empty for a flag.
[[nodiscard]] std::string type_of(const option& of);
/// The default in the help: a reader's words, or the value before anything was read.
[[nodiscard]] std::string shown_default(const option& of);

/// Reads a command line into the options of the subcommand that it names, and runs it.
/// @param session  gets the names of the options that were given
/// @return the exit code of the subcommand, or CLI11's for --help and what cannot be parsed
/// @throws invalid_argument for a value that is not accepted, and what the subcommand throws
int run_command_line(std::span<command> commands, std::string_view footer, session& session,
                     int argc, const char* const* argv);

}  // namespace moebius::cli
