// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace moebius {

/// Hears the names of files that this thread opens through file_reader while it lives, also those
/// that are named within others. One at a time of each thread.
class opened_files {
public:
    opened_files() noexcept;
    opened_files(const opened_files&) = delete;
    opened_files& operator=(const opened_files&) = delete;
    ~opened_files();

    [[nodiscard]] const std::set<std::string>& names() const noexcept { return names_; }

    /// Tells the one of this thread, if there is one.
    static void note(std::string_view name);

private:
    std::set<std::string> names_;
};

}  // namespace moebius
