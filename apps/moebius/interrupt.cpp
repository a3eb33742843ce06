// SPDX-License-Identifier: MIT
#include "interrupt.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <ctime>

#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

constexpr int caught[] = {SIGINT, SIGTERM, SIGHUP};
constexpr std::int64_t one_request = 100'000'000;  // ns within which signals are one

std::atomic<bool> stop{false}, keeps{false};
std::atomic<int> came{0};
std::atomic<std::int64_t> came_at{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
                  std::atomic<std::int64_t>::is_always_lock_free,
              "the signal handler writes them");

std::int64_t now() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Only what a signal handler may call.
[[noreturn]] void end_at_once() noexcept {
    constexpr std::string_view sentence =
        "moebius: interrupted before there was anything to keep\n";
    wipe_line();
    static_cast<void>(!::write(STDERR_FILENO, sentence.data(), sentence.size()));
    ::_exit(interrupt_code());
}

extern "C" void on_interrupt(int signal) {
    int none = 0;
    if (came.compare_exchange_strong(none, signal)) {
        came_at = now();
        stop = true;
        if (!keeps) end_at_once();
    } else if (now() - came_at > one_request) {
        std::signal(signal, SIG_DFL);  // pending until the handler returns
        std::raise(signal);
    }
}

struct sigaction of_host = {};
bool hangup_is_ignored = false;

void forget() noexcept {
    stop = false;
    came = 0;
}

}  // namespace

caught_interrupt::caught_interrupt() {
    forget();
    keeps = true;  // the host's own memory is worth keeping
    struct sigaction ours = {};
    ours.sa_handler = on_interrupt;
    ours.sa_flags = SA_RESTART;
    ::sigaction(SIGINT, &ours, &of_host);
}

caught_interrupt::~caught_interrupt() {
    ::sigaction(SIGINT, &of_host, nullptr);
    forget();
}

void keep_ignored_hangup() noexcept {
    struct sigaction now = {};
    hangup_is_ignored = ::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

void catch_interrupts() {
    for (const int signal : caught) {
        struct sigaction action = {};
        action.sa_handler = signal == SIGHUP && hangup_is_ignored ? SIG_IGN : on_interrupt;
        action.sa_flags = SA_RESTART;
        ::sigaction(signal, &action, nullptr);
    }
}

void keep_results() noexcept { keeps = true; }

void request_stop() noexcept { stop = true; }

const std::atomic<bool>& stop_requested() noexcept { return stop; }

std::string_view interrupt_name() noexcept {
    switch (came) {
        case SIGINT:
            return "Ctrl-C";
        case SIGTERM:
            return "SIGTERM";
        case SIGHUP:
            return "SIGHUP";
        default:
            return {};
    }
}

int interrupt_code() noexcept { return 128 + (came == 0 ? SIGINT : came.load()); }

}  // namespace moebius::cli
