// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// How another program ended, and what it wrote.
struct child_end {
    bool found = true;           ///< else there is no such program, and nothing below is set
    bool in_time = true;         ///< else it was killed
    bool interrupted = false;    ///< a signal came, as by Ctrl-C; then it has one second more
    int signal = 0;              ///< that ended it; 0: none
    int code = 0;                ///< its exit code, if no signal ended it
    std::string output, errors;  ///< its standard streams
};

/// Runs a program with `input` on its standard input. All passes through pipes: no file is written,
/// and a child whose parent has gone ends with them.
///
/// @param words        its name, which is looked for in PATH, and its arguments
/// @param environment  all that it gets of it, as "NAME=value"
/// @param limit        it is killed after this time
/// @throws io_error naming the program if it is there but cannot be started
[[nodiscard]] child_end run_child(std::vector<std::string> words,
                                  std::vector<std::string> environment, std::string_view input,
                                  std::chrono::milliseconds limit);

}  // namespace moebius
