// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace moebius {

/// Holds a file that is written again and again, against other processes that would write it.
///
/// The lock is on NAME.lock beside the file, since the file itself is replaced each time. It goes
/// with the process however that ends, and the file NAME.lock at an orderly end.
class file_lock {
public:
    /// @throws io_error  if another process holds the file, its folder takes none, or NAME.lock is
    ///                   something else: it is not empty, or no regular file
    explicit file_lock(const std::filesystem::path& path);
    file_lock(const file_lock&) = delete;
    file_lock& operator=(const file_lock&) = delete;
    ~file_lock();

private:
    bool is_locked(const std::filesystem::path& path);

    std::filesystem::path path_;  ///< of the lock
    int fd_ = -1;
};

}  // namespace moebius
