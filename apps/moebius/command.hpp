// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <initializer_list>
#include <moebius/io/option_table.hpp>
#include <string>
#include <string_view>

#include "session.hpp"

namespace moebius::cli {

/// A subcommand: what it is called and takes, and what it does.
struct command {
    std::string name;
    std::string meaning;  ///< for a reader, in a line
    std::string example;  ///< a line that can be typed
    option_table options = {};
    /// @return an exit code; what it throws becomes one
    std::function<int(const session&)> run = {};
};

/// Refuses options that were given, but that this way of running does not use.
/// @param way  for the sentence: "sweep --grid"
/// @throws invalid_argument naming the first one
void refuse_unused(const session& session, std::string_view way,
                   std::initializer_list<std::string_view> names);

}  // namespace moebius::cli
