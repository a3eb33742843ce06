// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "command.hpp"

namespace moebius::cli {

/// Reads a command line into the options of the subcommand that it names, and runs it.
/// @param session  gets the names of the options that were given
/// @return the exit code of the subcommand, or CLI11's for --help and what cannot be parsed
/// @throws invalid_argument for a value that is not accepted, and what the subcommand throws
int run_command_line(std::span<command> commands, std::string_view footer, session& session,
                     int argc, const char* const* argv);

}  // namespace moebius::cli
