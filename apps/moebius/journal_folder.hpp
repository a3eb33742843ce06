// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/option_table.hpp>
#include <string>

namespace moebius::cli {

inline void add_journal(option_table& table, std::string& folder) {
    table.add("journal", folder, "folder of the journals; else FILE.journal",
              {.kept = option_kept::never, .names_file = true});
}

/// The folder that was given, or that of a plan's file.
[[nodiscard]] inline std::string journal_folder(const std::string& given, const std::string& plan) {
    return given.empty() ? plan + ".journal" : given;
}

}  // namespace moebius::cli
