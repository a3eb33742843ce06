// SPDX-License-Identifier: MIT
#include "standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <mutex>
#include <set>
#include <string>

namespace moebius::cli {
namespace {

/// All bytes, over short writes and interruptions.
[[nodiscard]] bool write_all(int to, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const auto written = ::write(to, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

constexpr std::string_view wipe = "\r\x1b[K";
std::atomic<bool> is_drawn{false};

std::mutex taking;
taken_words* taker = nullptr;
thread_local taken_words* taker_here = nullptr;
std::set<std::string, std::less<>> told_once;  // of the command that runs

/// Whether the host took it.
bool host_takes(std::string taken_words::*kind, std::string_view bytes) {
    const std::lock_guard lock(taking);
    if (taker != nullptr) (taker->*kind).append(bytes);
    return taker != nullptr;
}

/// Whether somebody took it.
bool take(std::string taken_words::*kind, std::string_view bytes) {
    if (taker_here == nullptr) return host_takes(kind, bytes);
    (taker_here->*kind).append(bytes);
    return true;
}

void write_error(std::string_view bytes) noexcept {
    static_cast<void>(write_all(STDERR_FILENO, bytes));  // where it is unwritable, nobody reads it
}

bool may_color(int descriptor) noexcept {
    const char* no_color = std::getenv("NO_COLOR");
    return ::isatty(descriptor) != 0 && (no_color == nullptr || *no_color == '\0');
}

void write_sentence(std::string_view sentence) {
    const bool color = may_color(STDERR_FILENO);
    write_error((color ? "\x1b[1;31mmoebius: \x1b[0m" : "moebius: ") + printable(sentence) + '\n');
}

}  // namespace

void open_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF)  // the lowest free one is this
            static_cast<void>(::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    std::signal(SIGPIPE, SIG_IGN);
}

void print(std::string_view bytes) {
    wipe_line();
    if (take(&taken_words::printed, bytes)) return;
    if (write_all(STDOUT_FILENO, bytes)) return;
    if (errno == EPIPE) throw closed_pipe();
    throw io_error("standard output", std::strerror(errno));
}

void tell(std::string_view sentence) noexcept try {
    wipe_line();
    if (take(&taken_words::told, printable(sentence) + '\n')) return;
    write_sentence(sentence);
} catch (...) {
    write_error("moebius: there is not enough memory to say what is wrong\n");
}

void tell_once(std::string_view sentence) {
    {
        const std::lock_guard lock(taking);
        if (!told_once.emplace(sentence).second) return;
    }
    wipe_line();
    if (!host_takes(&taken_words::told, printable(sentence) + '\n')) write_sentence(sentence);
}

taken_words::taken_words(of whom) : whom_(whom) {
    const std::lock_guard lock(taking);
    if (whom_ == of::process) told_once.clear();
    (whom_ == of::thread ? taker_here : taker) = this;
}

taken_words::~taken_words() {
    const std::lock_guard lock(taking);
    (whom_ == of::thread ? taker_here : taker) = nullptr;
}

void draw_line(std::string_view text) {
    is_drawn = true;
    write_error(std::string(wipe) + std::string(text));
}

void wipe_line() noexcept {
    if (is_drawn.exchange(false)) write_error(wipe);
}

}  // namespace moebius::cli
