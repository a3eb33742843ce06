// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/plan/journal.hpp>
#include <nlohmann/json.hpp>
#include <system_error>

#include "journal_bytes.hpp"

namespace moebius {
namespace {

constexpr std::string_view journal_ending = ".journal";

[[noreturn]] void fail_journal(const std::filesystem::path& path, int code) {
    throw io_error(path.string(), std::strerror(code));
}

void lock_journal(int fd, const std::filesystem::path& path) {
    struct ::stat about = {};
    if (::fstat(fd, &about) != 0) fail_journal(path, errno);
    if (!S_ISREG(about.st_mode)) throw io_error(path.string(), "it is no regular file");
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return;
    if (errno != EWOULDBLOCK) fail_journal(path, errno);
    throw io_error(path.string(), "another run is writing it, and two would mix");
}

/// What another program put there under a journal's name may be a pipe that nobody writes.
std::string journal_file(const std::filesystem::path& path) {
    if (!std::filesystem::is_regular_file(path))
        throw io_error(path.string(), "it is no regular file");
    return read_file(path);
}

}  // namespace

journal::journal(std::filesystem::path path, const sweep_plan& plan, const journal_heading& heading,
                 const journal_visit& visit)
    : path_(std::move(path)) {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd_ < 0) fail_journal(path_, errno);
    try {
        lock_journal(fd_, path_);
        const auto bytes = read_file(path_);
        size_ = journal_bytes::read(bytes, path_.string(), plan, heading, visit).sound;
        if (size_ < bytes.size() && ::ftruncate(fd_, static_cast<off_t>(size_)) != 0)
            fail_journal(path_, errno);
        begun_ = size_ == 0;
        if (begun_) append(journal_bytes::heading(plan, heading));
    } catch (...) {
        discard();
        ::close(fd_);
        throw;
    }
}

journal::~journal() { ::close(fd_); }

/// What the disk took of a record that it has no room for is taken back.
void journal::append(std::string_view record) {
    const std::lock_guard lock(one_at_a_time_);
    auto left = record;
    while (!left.empty()) {
        const auto written = ::write(fd_, left.data(), left.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const int code = errno;
            static_cast<void>(!::ftruncate(fd_, static_cast<off_t>(size_)));
            fail_journal(path_, code);
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    size_ += record.size();
}

void journal::add(std::uint64_t index, std::span<const double> values) {
    const std::string_view bytes(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    append(journal_bytes::record(index, bytes, false));
}

void journal::add_failure(std::uint64_t index, std::string_view sentence) {
    auto said =
        excerpt(sentence.empty() ? "it failed" : sentence, journal_bytes::most_sentence - 3);
    said.resize(std::min(said.size(), journal_bytes::most_sentence));
    append(journal_bytes::record(index, said, true));
}

void journal::sync() {
    if (::fsync(fd_) != 0 && errno != EINVAL && errno != EROFS) fail_journal(path_, errno);
}

void journal::discard() noexcept {
    if (begun_) static_cast<void>(!::unlink(path_.c_str()));
}

bool is_written(const std::filesystem::path& journal) {
    const int fd = ::open(journal.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) fail_journal(journal, errno);
    const bool free = ::flock(fd, LOCK_SH | LOCK_NB) == 0;
    const int code = errno;
    ::close(fd);
    if (!free && code != EWOULDBLOCK) fail_journal(journal, code);
    return !free;
}

std::vector<std::filesystem::path> journals_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> out;
    std::error_code fault;
    for (std::filesystem::directory_iterator at(folder, fault), end; !fault && at != end;
         at.increment(fault))
        if (at->path().extension() == journal_ending) out.push_back(at->path());
    if (fault && fault != std::errc::no_such_file_or_directory)
        throw io_error(folder.string(), fault.message());
    std::sort(out.begin(), out.end());
    return out;
}

journal_heading read_journal(const std::filesystem::path& path, const sweep_plan& plan,
                             const journal_heading& heading, const journal_visit& visit) {
    return journal_bytes::read(journal_file(path), path.string(), plan, heading, visit).heading;
}

std::optional<std::string> plan_text_of(const std::filesystem::path& journal) {
    const auto text = journal_bytes::heading_text(journal_file(journal), journal.string());
    if (!text) return std::nullopt;
    const auto parsed = nlohmann::json::parse(*text, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("plan") || !parsed["plan"].is_string())
        throw io_error(journal.string(), "its heading has no plan");
    return parsed["plan"].get<std::string>();
}

}  // namespace moebius
