// SPDX-License-Identifier: MIT
#include "memory_limit.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "session.hpp"

namespace moebius::cli {
namespace {

/// The number behind a name in a file of lines "Name:  number kB", in bytes.
std::optional<rlim_t> bytes_of(const char* file, const std::string& name) {
    std::ifstream lines(file);
    for (std::string word; lines >> word;) {
        rlim_t kilobytes = 0;
        if (word == name && lines >> kilobytes) return kilobytes * 1024;
    }
    return std::nullopt;
}

/// The number that is all of a file; nothing where it has none ("max").
std::optional<rlim_t> number_in(const char* file) {
    rlim_t number = 0;
    if (std::ifstream text(file); text >> number) return number;
    return std::nullopt;
}

/// What a container leaves, if there is one.
std::optional<rlim_t> container_left() {
    const auto most = number_in("/sys/fs/cgroup/memory.max");
    const auto used = number_in("/sys/fs/cgroup/memory.current");
    if (!most || !used) return std::nullopt;
    return *most - std::min(*most, *used);
}

/// Of an exception that nobody caught: before main's own try, or from within its handlers.
[[noreturn]] void end_without_memory() noexcept {
    try {
        if (const auto uncaught = std::current_exception()) std::rethrow_exception(uncaught);
    } catch (const std::bad_alloc&) {
        constexpr std::string_view sentence = "moebius: there is not enough memory to run\n";
        static_cast<void>(!::write(STDERR_FILENO, sentence.data(), sentence.size()));
        ::_exit(exit_code::rejected);
    } catch (...) {
    }
    std::abort();
}

}  // namespace

std::optional<double> memory_left() {
    const auto own = bytes_of("/proc/self/status", "VmData:");
    rlimit limit{};
    if (!own || ::getrlimit(RLIMIT_DATA, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return std::nullopt;
    return static_cast<double>(limit.rlim_cur - std::min(limit.rlim_cur, *own));
}

void stay_within_memory() noexcept {
    std::set_terminate(end_without_memory);
    try {
        const auto available = bytes_of("/proc/meminfo", "MemAvailable:");
        const auto own = bytes_of("/proc/self/status", "VmData:");  // sanitizers map terabytes
        if (!available || !own) return;
        auto left = *available + bytes_of("/proc/meminfo", "SwapFree:").value_or(0);
        if (const auto container = container_left()) left = std::min(left, *container);
        rlimit limit{};
        if (::getrlimit(RLIMIT_DATA, &limit) != 0) return;
        limit.rlim_cur = std::min(limit.rlim_cur, *own + left);
        ::setrlimit(RLIMIT_DATA, &limit);
    } catch (...) {  // it is a guard only: there is a program without it
    }
}

}  // namespace moebius::cli
