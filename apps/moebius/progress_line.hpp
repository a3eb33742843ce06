// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace moebius::cli {

/// "train [########..............] 40 %, 12 s left": how far a work is.
/// @param counted  what is counted, in the plural, to tell how many a second: "points"; else empty
/// @param total  0 where nobody knows it: then done is told as a count of points; once done has
///               reached it, only the time is told: what follows is of another kind
[[nodiscard]] std::string progress_text(std::string_view what, std::size_t done, std::size_t total,
                                        double seconds, std::string_view counted = {});

/// One line on the terminal that is redrawn in place, by a thread of its own, and wiped at the end.
///
/// The first drawing waits for a second: what is done by then needs none. Work that reports nothing
/// shows how long it runs. Off a terminal nothing is drawn. An interrupt that the program does not
/// heed at once is answered with a sentence, also off a terminal.
class progress_line {
public:
    /// @param what  the name of the work; control characters in it are escaped
    explicit progress_line(std::string_view what);
    /// Of a work that is a part of another, whose line is drawn: nothing is.
    progress_line() = default;
    ~progress_line();
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    /// From here on the line tells of another work.
    void start(std::string_view what, std::string_view counted = {});

    /// As watch::report.
    /// @cost  two stores: the thread looks at the clock
    void report(std::size_t done, std::size_t total) noexcept;

private:
    void redraw();

    std::string what_, counted_;
    std::chrono::steady_clock::time_point from_ = std::chrono::steady_clock::now();
    std::atomic<std::size_t> done_ = 0, total_ = 0;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool over_ = false;
    std::thread drawer_;
};

}  // namespace moebius::cli
