// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <moebius/base/watch.hpp>
#include <moebius/io/option_table.hpp>
#include <string>
#include <string_view>

#include "standard_streams.hpp"

namespace moebius::cli {

class progress_line;
class rank_group;

/// How a run of the program ends; from 100 to 127 they are CLI11's own, and an interrupt ends it
/// with interrupt_code().
namespace exit_code {
inline constexpr int found = 0;
inline constexpr int rejected = 2;       ///< bad input, or a file that cannot be read or written
inline constexpr int no_answer = 3;      ///< computed, but the answer is no
inline constexpr int device = 4;         ///< no device, or it failed
inline constexpr int closed_pipe = 141;  ///< nobody reads the standard output any more
}  // namespace exit_code

/// What watch() throws where a session ends at its work: no error, and nothing else catches it.
struct work_begins {};

/// One run of the program.
struct session {
    std::string command;        ///< the line typed, less what cannot change the result
    std::string name = {};      ///< of the subcommand, once the line is read
    given_options given = {};   ///< the options on the line, once it is read
    given_options fields = {};  ///< their flags by their names in the library's sentences
    std::shared_ptr<progress_line> line = {};  ///< of the work at hand, once a subcommand runs
    /// Joins the ranks that mpirun started; empty in a host's process.
    std::function<std::unique_ptr<rank_group>()> join_ranks = {};
    bool is_part = false;  ///< of a run that has a line of its own
    bool until_work =
        false;  ///< ends where the work would begin: what is read is all that is wanted

    /// Whether a flag is on the line, also before that is read.
    [[nodiscard]] bool asks(std::string_view flag) const;

    /// @param option  its name in an option_table
    [[nodiscard]] bool was_given(std::string_view option) const { return given.contains(option); }

    /// A watch that shows on a terminal how far the work is, and that an interrupt stops. From the
    /// first one on, an interrupt no longer ends the program at once. What a line says is read, and
    /// its files are, before.
    /// @throws work_begins  until_work
    [[nodiscard]] moebius::watch watch(std::string_view what, std::string_view counted = {}) const;
};

/// The session of a line in the process of a host, whose streams and signals are its own.
[[nodiscard]] session session_of(int argc, const char* const* argv);

/// The session of this process: standard streams are sound and interrupts are caught from here on.
[[nodiscard]] session begin_session(int argc, const char* const* argv);

}  // namespace moebius::cli
