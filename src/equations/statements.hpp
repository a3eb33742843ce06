// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lines.hpp"

namespace moebius::detail {

/// What one line of a model says.
struct statement {
    enum class kind {
        rate,       ///< name' = text
        next,       ///< name(t+1) = text
        fixed,      ///< name = text
        load,       ///< loads name = text: fixed, and the load of an expert
        derived,    ///< !name = text
        function,   ///< name(arguments) = text
        auxiliary,  ///< aux name = text
        initial,    ///< name(0) = text, or of a list
        parameter,
        number,
        positive,  ///< name is a parameter that is > 0
        bounds,    ///< low, high
        scale,     ///< of the states
        host,      ///< the rates of all states, name: its own, arguments: theirs
        option,    ///< name = text, of a line @
        ignored    ///< has no meaning here
    };
    kind what;
    std::size_t line;
    std::string name;                      ///< as it is written
    std::string text{};                    ///< in small letters
    std::vector<std::string> arguments{};  ///< in small letters; a host's states as written
};

/// @throws invalid_argument  for a line that says nothing, or something that is not supported
[[nodiscard]] std::vector<statement> statements_of(const model_lines& lines, std::string_view file);

}  // namespace moebius::detail
