// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/io/atomic_file.hpp>
#include <random>
#include <tuple>
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

/// On the disk; also where a file system has no such thing.
[[nodiscard]] bool synced(int fd) noexcept {
    return ::fsync(fd) == 0 || errno == EINVAL || errno == EROFS;
}

/// The folder knows the new name once it is on the disk, too.
void sync_folder(const fs::path& path) {
    const auto folder = path.parent_path();
    const descriptor file(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (file.get() >= 0 && !synced(file.get())) fail(path, errno);
}

/// A pipe that nobody reads would hold the program for ever.
int open_special(const fs::path& target, const fs::path& named) {
    const int fd = ::open(target.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENXIO) throw io_error(named.string(), "nobody reads from this pipe");
    if (fd >= 0) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

/// Where the bytes end up: what a link points to, be it there or not, else the path itself.
fs::path target_of(const fs::path& path) {
    constexpr int most_links = 40;  // as the system's own
    std::error_code none;
    if (const auto resolved = fs::canonical(path, none); !none) return resolved;
    auto at = path;
    for (int links = 0; fs::is_symlink(at, none); ++links) {
        if (links == most_links) fail(path, ELOOP);
        at = at.parent_path() / fs::read_symlink(at, none);
    }
    return at;
}

bool is_special(const fs::path& path) {
    std::error_code none;
    return fs::is_other(fs::status(path, none));
}

/// A name in the folder of `path` that nobody can foresee, so that what a killed run left is never
/// in the way; the random part is beyond the process number, which is 1 in every container.
fs::path beside(const fs::path& path) {
    constexpr std::size_t longest = 200;  // of 255 bytes that a name may have
    std::random_device random;
    return path.parent_path() /
           fmt::format("{}.{:08x}.part", path.filename().string().substr(0, longest), random());
}

/// Opens a new file for writing, and removes it unless it was kept.
class part_file {
public:
    explicit part_file(const fs::path& target) : file_(open_beside(target)) {
        if (file_.get() < 0) fail(target, errno);
        keep_mode(target);
    }
    part_file(const part_file&) = delete;
    part_file& operator=(const part_file&) = delete;
    ~part_file() {
        if (!kept_) ::unlink(path_.c_str());
    }

    void fill(const fs::path& named, std::string_view bytes, durability wanted) {
        if (!write_all(file_.get(), bytes)) fail(named, errno);
        if (wanted == durability::synced && !synced(file_.get())) fail(named, errno);
        if (!file_.close()) fail(named, errno);
    }
    void keep_as(const fs::path& path) {
        if (::rename(path_.c_str(), path.c_str()) != 0) fail(path, errno);
        kept_ = true;
    }

private:
    /// A file that replaces none gets the mode that the umask leaves.
    int open_beside(const fs::path& target) {
        constexpr int tries = 100;
        replaces_ = ::stat(target.c_str(), &old_) == 0;
        for (int i = 0; i < tries; ++i) {
            path_ = beside(target);
            const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                                  replaces_ ? 0600 : 0666);
            if (fd >= 0 || errno != EEXIST) return fd;
        }
        return -1;
    }

    void keep_mode(const fs::path& target) {
        if (!replaces_) return;
        // another owner's file stays theirs where the system allows it
        if (old_.st_uid != ::geteuid() || old_.st_gid != ::getegid())
            std::ignore = ::fchown(file_.get(), old_.st_uid, old_.st_gid);
        if (::fchmod(file_.get(), old_.st_mode & 0777) != 0) {
            const int code = errno;
            ::unlink(path_.c_str());
            fail(target, code);
        }
    }

    struct ::stat old_ = {};
    bool replaces_ = false;
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

void write_file(const fs::path& path, std::string_view bytes, durability wanted) {
    const auto target = target_of(path);
    check_target(target);
    if (is_special(target)) {
        descriptor file(open_special(target, path));
        if (file.get() < 0 || !write_all(file.get(), bytes) || !file.close()) fail(path, errno);
        return;
    }
    part_file part(target);
    part.fill(path, bytes, wanted);
    part.keep_as(target);
    if (wanted == durability::synced) sync_folder(target);
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
    file_reader file(path);
    std::string bytes;
    std::vector<char> block(1 << 16);  // not on the stack, which may be as small
    while (const auto got = file.read(block)) bytes.append(block.data(), got);
    return bytes;
}

}  // namespace moebius
