// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <moebius/base/watch.hpp>
#include <moebius/io/option_table.hpp>
#include <string>
#include <string_view>

namespace moebius::cli {

/// How a run of the program ends; from 100 on they are CLI11's own.
namespace exit_code {
inline constexpr int found = 0;
inline constexpr int rejected = 2;       ///< bad input, or a file that cannot be read or written
inline constexpr int no_answer = 3;      ///< computed, but the answer is no
inline constexpr int device = 4;         ///< no device, or it failed
inline constexpr int interrupted = 130;  ///< Ctrl-C
}  // namespace exit_code

/// One run of the program.
struct session {
    std::string command;            ///< the line typed, less what cannot change the result
    const std::atomic<bool>* stop;  ///< set by Ctrl-C
    given_options given = {};       ///< the options on the line, once it is read

    /// Whether a flag is on the line, also before that is read.
    [[nodiscard]] bool asks(std::string_view flag) const;

    /// @param name  as in an option_table
    [[nodiscard]] bool was_given(std::string_view name) const { return given.contains(name); }

    /// @throws interrupted if Ctrl-C came, so that a partial result is never written
    void check(const char* what) const;

    /// A watch that draws a progress bar on a terminal and is stopped by Ctrl-C.
    [[nodiscard]] moebius::watch watch(std::string what) const;
};

/// The session of this process. Ctrl-C is caught from here on; a second one kills.
[[nodiscard]] session begin_session(int argc, const char* const* argv);

/// One sentence to the person at the terminal, on the standard error.
void tell(std::string_view sentence);

}  // namespace moebius::cli
