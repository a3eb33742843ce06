// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/io/file_lock.hpp>

namespace moebius {
namespace {

/// Whether the open file is still the one of that name: its last holder takes the name away.
bool is_at(int fd, const std::filesystem::path& path) {
    struct ::stat open = {}, named = {};
    const bool known = ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &named) == 0;
    if (!known && errno != ENOENT) throw io_error(path.string(), std::strerror(errno));
    return known && open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/// One name for a file and for the links to it.
std::filesystem::path lock_beside(const std::filesystem::path& path) {
    std::error_code none;
    auto target = std::filesystem::canonical(path, none);
    if (none) target = path;
    return target += ".lock";
}

}  // namespace

file_lock::file_lock(const std::filesystem::path& path) : path_(lock_beside(path)) {
    try {
        while (!is_locked(path)) {
        }
    } catch (...) {
        if (fd_ >= 0) ::close(fd_);
        throw;
    }
}

/// Opens and locks the file of that name; false if another holder took the name away meanwhile.
bool file_lock::is_locked(const std::filesystem::path& path) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd_ < 0) throw io_error(path_.string(), std::strerror(errno));
    struct ::stat about = {};
    if (::fstat(fd_, &about) != 0) throw io_error(path_.string(), std::strerror(errno));
    if (!S_ISREG(about.st_mode) || about.st_size > 0)
        throw io_error(path_.string(), fmt::format("it is no lock of {}, which needs that name",
                                                   path.filename().string()));
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        throw io_error(path.string(), "another run is writing it, and two would mix");
    return is_at(fd_, path_);
}

file_lock::~file_lock() {
    ::unlink(path_.c_str());  // before the lock goes: whoever waits sees that the name has moved on
    ::close(fd_);
}

}  // namespace moebius
