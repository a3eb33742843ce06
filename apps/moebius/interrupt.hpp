// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <string_view>

namespace moebius::cli {

/// Catches Ctrl-C, SIGTERM and SIGHUP (the last unless it is ignored, as under nohup) from here on.
///
/// The first one sets stop_requested(); until keep_results() was called it ends the program at once
/// instead, with a sentence and interrupt_code(), as there is nothing to keep. The next one ends
/// the program in any case. What comes within a tenth of a second counts as one: timeout signals a
/// program and then its whole group.
void catch_interrupts();

/// Notes whether SIGHUP is ignored, for catch_interrupts(): a library that is loaded may change it.
void keep_ignored_hangup() noexcept;

/// Catches Ctrl-C alone while it lives, for a host that goes on afterwards: it only asks the work
/// to stop. Then the host's own handler is back. One at a time.
class caught_interrupt {
public:
    caught_interrupt();
    caught_interrupt(const caught_interrupt&) = delete;
    caught_interrupt& operator=(const caught_interrupt&) = delete;
    ~caught_interrupt();
};

/// From here on there are results that an interrupt must not lose.
void keep_results() noexcept;

/// Asks every run to stop, as the first signal does, where none came.
void request_stop() noexcept;

/// Set by the first signal.
[[nodiscard]] const std::atomic<bool>& stop_requested() noexcept;

/// "Ctrl-C", "SIGTERM" or "SIGHUP"; empty if none came.
[[nodiscard]] std::string_view interrupt_name() noexcept;

/// 128 and the number of the signal that came, as shells have it: 130, 143 or 129; 130 if none.
[[nodiscard]] int interrupt_code() noexcept;

}  // namespace moebius::cli
