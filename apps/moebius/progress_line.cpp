// SPDX-License-Identifier: MIT
#include "progress_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <moebius/base/text.hpp>
#include <optional>
#include <system_error>

#include "interrupt.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

constexpr std::size_t width = 24;      // of the bar
constexpr std::size_t most_name = 24;  // letters of the work's name: a line must not wrap
constexpr double first_after = 1;      // second: what is done by then needs no line
constexpr std::chrono::milliseconds every{200};
constexpr std::chrono::milliseconds patience{800};  // after an interrupt, until it is answered

/// "3 s", "4 min 5 s" or "2 h 10 min".
std::string duration(double seconds) {
    constexpr double longest = 1e9;  // no estimate of an early moment is worth more digits
    const auto whole = static_cast<long>(std::clamp(seconds, 0.0, longest) + 0.5);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

/// Signals are the main thread's to hear: a handler that ends the program must not find this one
/// amid a line.
class all_signals_blocked {
public:
    all_signals_blocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    all_signals_blocked(const all_signals_blocked&) = delete;
    all_signals_blocked& operator=(const all_signals_blocked&) = delete;
    ~all_signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

}  // namespace

std::string progress_text(std::string_view what, std::size_t done, std::size_t total,
                          double seconds, std::string_view counted) {
    if (total == 0)
        return done == 0 ? fmt::format("{}: {}", what, duration(seconds))
                         : fmt::format("{}: {} points, {}", what, done, duration(seconds));
    if (done >= total) return fmt::format("{}: almost done, {}", what, duration(seconds));
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
    const std::string left = done == 0
                                 ? duration(seconds)
                                 : fmt::format("{} left", duration(seconds * (1 - share) / share));
    const std::string rate =
        done == 0 || counted.empty()
            ? ""
            : fmt::format("{:.3g} {} a second, ", static_cast<double>(done) / seconds, counted);
    return fmt::format("{} [{:.<{}}] {:.0f} %, {}{}", what, std::string(full, '#'), width,
                       std::floor(100 * share), rate, left);
}

progress_line::progress_line(std::string_view what) : what_(printable(what.substr(0, most_name))) {
    const all_signals_blocked here;  // a thread starts with its maker's mask
    try {
        drawer_ = std::thread([this] { redraw(); });
    } catch (const std::system_error&) {  // the system has no thread left: the work goes on unseen
    }
}

void progress_line::start(std::string_view what, std::string_view counted) {
    const std::lock_guard lock(mutex_);
    what_ = printable(what.substr(0, most_name));
    counted_ = counted;
    from_ = std::chrono::steady_clock::now();
    done_ = total_ = 0;
}

progress_line::~progress_line() {
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    wake_.notify_one();
    if (drawer_.joinable()) drawer_.join();
}

void progress_line::report(std::size_t done, std::size_t total) noexcept {
    total_.store(total, std::memory_order_relaxed);
    if (total == 0)
        done_.fetch_add(done, std::memory_order_relaxed);
    else
        done_.store(done, std::memory_order_relaxed);
}

void progress_line::redraw() {
    const bool on_terminal = ::isatty(STDERR_FILENO) != 0;
    std::optional<std::chrono::steady_clock::time_point> asked;
    bool told = false;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, every, [this] { return over_; })) {
        const auto now = std::chrono::steady_clock::now();
        const std::chrono::duration<double> took = now - from_;
        if (stop_requested() && !asked) asked = now;
        if (asked && !told && now - *asked >= patience) {
            told = true;
            tell(fmt::format("{} came: ending after the step at hand; a second one ends at once",
                             interrupt_name()));
        }
        if (on_terminal && !told && took.count() > first_after)
            draw_line(progress_text(what_, done_, total_, took.count(), counted_));
    }
    wipe_line();
}

}  // namespace moebius::cli
