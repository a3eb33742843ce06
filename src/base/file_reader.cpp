// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/base/opened_files.hpp>

namespace moebius {

std::size_t file_reader::quarter_of_memory() {
    const long pages = ::sysconf(_SC_PHYS_PAGES), bytes = ::sysconf(_SC_PAGESIZE);
    if (pages <= 0 || bytes <= 0) return std::numeric_limits<std::size_t>::max();
    return static_cast<std::size_t>(pages) / 4 * static_cast<std::size_t>(bytes);
}

file_reader::file_reader(const std::filesystem::path& path, std::size_t most_cached)
    : name_(path.string()), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw io_error(name_, std::strerror(errno));
    struct ::stat about = {};
    if (::fstat(fd_, &about) == 0 && (S_ISCHR(about.st_mode) || S_ISBLK(about.st_mode))) {
        ::close(fd_);
        throw io_error(name_, "it is a device, which may have no end; a file or a pipe is needed");
    }
    is_input_ = name_ == "/dev/stdin";
    is_cached_ = !S_ISREG(about.st_mode) || static_cast<std::size_t>(about.st_size) <= most_cached;
    opened_files::note(name_);
}

file_reader::~file_reader() { ::close(fd_); }

std::size_t file_reader::read_once(std::span<char> to) {
    while (true) {
        const auto got = ::read(fd_, to.data(), to.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw io_error(name_, std::strerror(errno));
        at_ += static_cast<std::size_t>(got);
        if (!is_cached_) uncache_behind();
        return static_cast<std::size_t>(got);
    }
}

/// What was read, some pages at a time; those that the system has read ahead stay.
void file_reader::uncache_behind() {
    constexpr std::size_t at_a_time = std::size_t{1} << 23;
    if (at_ - cached_from_ < at_a_time) return;
    ::posix_fadvise(fd_, static_cast<off_t>(cached_from_), static_cast<off_t>(at_ - cached_from_),
                    POSIX_FADV_DONTNEED);
    cached_from_ = at_;
}

std::size_t file_reader::read(std::span<char> to) {
    std::size_t count = 0;
    while (count < to.size()) {
        const auto got = read_once(to.subspan(count));
        if (got == 0) break;
        count += got;
    }
    return count;
}

std::size_t file_reader::read_some(std::span<char> to) {
    pollfd ready{fd_, POLLIN, 0};
    if (to.empty() || ::poll(&ready, 1, 0) <= 0) return 0;
    const auto got = read_once(to);
    has_ended_ = got == 0 && (!size() || is_input_);
    return got;
}

std::size_t file_reader::read_start(std::span<char> to) const {
    const auto got = ::pread(fd_, to.data(), to.size(), 0);
    if (got < 0) throw io_error(name_, std::strerror(errno));
    return static_cast<std::size_t>(got);
}

bool file_reader::was_moved() const {
    struct ::stat ours = {}, named = {};
    return ::fstat(fd_, &ours) == 0 && ::stat(name_.c_str(), &named) == 0 &&
           (ours.st_dev != named.st_dev || ours.st_ino != named.st_ino);
}

std::optional<std::size_t> file_reader::size() const {
    struct ::stat about = {};
    if (::fstat(fd_, &about) != 0 || !S_ISREG(about.st_mode)) return {};
    return static_cast<std::size_t>(about.st_size);
}

void file_reader::go_to(std::size_t byte) {
    if (::lseek(fd_, static_cast<off_t>(byte), SEEK_SET) < 0)
        throw io_error(name_, std::strerror(errno));
    at_ = cached_from_ = byte;
}

}  // namespace moebius
