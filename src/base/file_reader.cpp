// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/base/opened_files.hpp>

namespace moebius {

file_reader::file_reader(const std::filesystem::path& path)
    : name_(path.string()), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw io_error(name_, std::strerror(errno));
    struct ::stat about = {};
    if (::fstat(fd_, &about) == 0 && (S_ISCHR(about.st_mode) || S_ISBLK(about.st_mode))) {
        ::close(fd_);
        throw io_error(name_, "it is a device, which may have no end; a file or a pipe is needed");
    }
    opened_files::note(name_);
}

file_reader::~file_reader() { ::close(fd_); }

std::size_t file_reader::read_once(std::span<char> to) {
    while (true) {
        const auto got = ::read(fd_, to.data(), to.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) throw io_error(name_, std::strerror(errno));
    }
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
    has_ended_ = got == 0 && !size();
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
}

}  // namespace moebius
