// SPDX-License-Identifier: MIT
#include <fcntl.h>
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

std::size_t file_reader::read(std::span<char> to) {
    std::size_t count = 0;
    while (count < to.size()) {
        const auto got = ::read(fd_, to.data() + count, to.size() - count);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw io_error(name_, std::strerror(errno));
        if (got == 0) break;
        count += static_cast<std::size_t>(got);
    }
    return count;
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
