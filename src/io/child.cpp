// SPDX-License-Identifier: MIT
#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <moebius/base/error.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace moebius {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// One end of a channel.
class channel_end {
public:
    channel_end() = default;
    explicit channel_end(int fd) noexcept : fd_(fd) {}
    channel_end(channel_end&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    channel_end& operator=(channel_end&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~channel_end() { close(); }

    [[nodiscard]] int get() const noexcept { return fd_; }  ///< -1 once closed; poll skips it then
    void close() noexcept {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

private:
    int fd_ = -1;
};

/// Above the standard streams, one of which may be closed and its number free.
channel_end above_standard(int fd) {
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    ::close(fd);
    return channel_end(moved);
}

/// A pair of sockets, since sending to one that nobody reads need not raise SIGPIPE.
struct channel {
    channel_end ours, theirs;

    channel() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0) {
            ours = above_standard(ends[0]);
            theirs = above_standard(ends[1]);
        }
        if (ours.get() < 0 || theirs.get() < 0)
            throw io_error("a channel to another program", std::strerror(errno));
    }
};

/// Pointers to the words, and a null.
std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    out.reserve(words.size() + 1);
    for (auto& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

struct channels {
    channel input, output, errors;
};

/// Its number, 0 if there is no such program. It heeds every signal in its own way, whatever this
/// program ignores.
pid_t spawn(std::vector<std::string>& words, std::vector<std::string>& environment,
            const channels& to) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to.input.theirs.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, to.output.theirs.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, to.errors.theirs.get(), STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    pid_t child = 0;
    const int failure = ::posix_spawnp(&child, words.front().c_str(), &actions, &attributes,
                                       pointers(words).data(), pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failure == ENOENT) return 0;
    if (failure != 0) throw io_error(words.front(), std::strerror(failure));
    return child;
}

void send_some(channel_end& to, std::string_view& rest) {
    const auto sent = ::send(to.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    const bool broken = sent < 0 && errno != EINTR && errno != EAGAIN;
    if (rest.empty() || broken) to.close();  // what it did not read, it did not need
}

void receive_some(channel_end& from, std::string& to) {
    std::vector<char> block(1 << 16);  // not on the stack, which may be as small
    const auto got = ::recv(from.get(), block.data(), block.size(), MSG_DONTWAIT);
    if (got > 0) to.append(block.data(), static_cast<std::size_t>(got));
    const bool broken = got < 0 && errno != EINTR && errno != EAGAIN;
    if (got == 0 || broken) from.close();
}

/// Until the child has closed both its streams, or time is up, which a signal brings near: a child
/// that is all but done may end first.
void talk(channels& with, std::string_view input, steady_clock::time_point& until, child_end& out) {
    constexpr milliseconds grace{1000};
    if (input.empty()) with.input.ours.close();
    while (with.output.ours.get() >= 0 || with.errors.ours.get() >= 0) {
        const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
        if (left <= 0) return;
        std::array<pollfd, 3> waiting{{{with.input.ours.get(), POLLOUT, 0},
                                       {with.output.ours.get(), POLLIN, 0},
                                       {with.errors.ours.get(), POLLIN, 0}}};
        const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(left));
        if (ready < 0 && errno == EINTR && !std::exchange(out.interrupted, true))
            until = std::min(until, steady_clock::now() + grace);
        if (ready <= 0) continue;
        if (waiting[0].revents != 0) send_some(with.input.ours, input);
        if (waiting[1].revents != 0) receive_some(with.output.ours, out.output);
        if (waiting[2].revents != 0) receive_some(with.errors.ours, out.errors);
    }
}

/// Waits for its end, which follows soon on that of its streams, and brings it about in the end.
int status_of(pid_t child, steady_clock::time_point until, child_end& out) {
    constexpr milliseconds pause{2};
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        if (steady_clock::now() >= until) {
            out.in_time = false;
            ::kill(child, SIGKILL);
            while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
            break;
        }
        std::this_thread::sleep_for(pause);
    }
    return status;
}

}  // namespace

child_end run_child(std::vector<std::string> words, std::vector<std::string> environment,
                    std::string_view input, milliseconds limit) {
    auto until = steady_clock::now() + limit;
    channels with;
    const pid_t child = spawn(words, environment, with);
    child_end out;
    out.found = child != 0;
    if (!out.found) return out;
    for (auto* one : {&with.input, &with.output, &with.errors}) one->theirs.close();
    talk(with, input, until, out);
    const int status = status_of(child, until, out);
    if (WIFSIGNALED(status))
        out.signal = WTERMSIG(status);
    else
        out.code = WEXITSTATUS(status);
    return out;
}

}  // namespace moebius
