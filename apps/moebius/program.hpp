// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "command.hpp"

namespace moebius::cli {

/// The subcommands, in the order of the help.
/// @param of_trained  validate as it is with --trained
[[nodiscard]] std::vector<command> all_commands(bool of_trained);

/// All that may be asked for: validate's options, and after them those that it has with --trained
/// alone.
[[nodiscard]] std::vector<command> documented_commands();

/// Examples, where results go, exit codes: what stands below the help.
[[nodiscard]] std::string_view program_notes();

/// Reads a command line and does what it asks for. All that is thrown becomes a sentence for the
/// person at the terminal and an exit code.
/// @param session  of this line
/// @returns  as in exit_code
[[nodiscard]] int run_program(session& session, int argc, const char* const* argv);

}  // namespace moebius::cli
