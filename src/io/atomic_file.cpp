// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <utility>
#include <vector>

namespace moebius {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, int code) {
    throw io_error(path.string(), std::strerror(code));
}

/// Closes on destruction; `close` tells whether the last bytes arrived.
class descriptor {
public:
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool close() noexcept { return ::close(std::exchange(fd_, -1)) == 0; }

private:
    int fd_;
};

/// All bytes, over short writes and interruptions.
[[nodiscard]] bool write_all(int fd, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// Where the bytes end up: what a link points to, else the path itself.
fs::path target_of(const fs::path& path) {
    std::error_code none;
    const auto resolved = fs::canonical(path, none);
    return none ? path : resolved;
}

bool is_special(const fs::path& path) {
    std::error_code none;
    return fs::is_other(fs::status(path, none));
}

fs::path beside(const fs::path& path) {
    static std::atomic<unsigned> count{0};
    return fmt::format("{}.{}-{}.part", path.string(), ::getpid(), count++);
}

/// Opens a new file for writing, and removes it unless it was kept.
class part_file {
public:
    explicit part_file(const fs::path& path)
        : path_(beside(path)),
          file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
        if (file_.get() < 0) fail(path, errno);
    }
    part_file(const part_file&) = delete;
    part_file& operator=(const part_file&) = delete;
    ~part_file() {
        if (!kept_) ::unlink(path_.c_str());
    }

    void fill(const fs::path& named, std::string_view bytes) {
        if (!write_all(file_.get(), bytes) || !file_.close()) fail(named, errno);
    }
    void keep_as(const fs::path& path) {
        if (::rename(path_.c_str(), path.c_str()) != 0) fail(path, errno);
        kept_ = true;
    }

private:
    fs::path path_;
    descriptor file_;
    bool kept_ = false;
};

/// What rename would step over: a folder in the way, a file that its owner protects.
void check_target(const fs::path& path) {
    std::error_code none;
    if (fs::is_directory(path, none)) fail(path, EISDIR);
    if (fs::exists(path, none) && ::access(path.c_str(), W_OK) != 0) fail(path, errno);
}

}  // namespace

void write_file(const fs::path& path, std::string_view bytes) {
    const auto target = target_of(path);
    check_target(target);
    if (is_special(target)) {
        descriptor file(::open(target.c_str(), O_WRONLY | O_CLOEXEC));
        if (file.get() < 0 || !write_all(file.get(), bytes) || !file.close()) fail(path, errno);
        return;
    }
    part_file part(target);
    part.fill(path, bytes);
    part.keep_as(target);
}

void require_writable(const fs::path& path) {
    const auto target = target_of(path);
    check_target(target);
    if (!is_special(target)) part_file{target};
}

void write_standard_output(std::string_view bytes) {
    if (!write_all(STDOUT_FILENO, bytes)) fail("standard output", errno);
}

std::string read_file(const fs::path& path) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) fail(path, errno);
    std::string bytes;
    std::vector<char> block(1 << 16);  // not on the stack, which may be as small
    while (true) {
        const auto got = ::read(file.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(path, errno);
        if (got == 0) return bytes;
        bytes.append(block.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace moebius
