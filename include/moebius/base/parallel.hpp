// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <moebius/base/watch.hpp>
#include <mutex>
#include <string>
#include <string_view>

namespace moebius {

/// Calls body(0), ..., body(n - 1), each once, on up to `threads` threads, and waits for all.
///
/// Indices are handed out one at a time, so that long and short bodies mix well; a body that
/// writes to its own index's place only gives the same result for any number of threads. When a
/// body throws, no further index is handed out and the exception of the lowest index that threw
/// is thrown again.
///
/// @param threads  0 means as many as the hardware runs at once; 1 runs on the caller's thread
void parallel_for(std::size_t n, unsigned threads, const std::function<void(std::size_t)>& body);

/// Threads that stay, for many short calls of parallel_for: a call costs some microseconds where
/// starting threads takes fifty. Between calls they spin for about as long, then sleep.
class team {
public:
    /// @param threads  with the caller's; 0 means as many as the hardware runs at once
    explicit team(unsigned threads);
    ~team();
    team(const team&) = delete;
    team& operator=(const team&) = delete;

    /// With the caller; fewer than were asked for where the system gives no more.
    [[nodiscard]] unsigned size() const noexcept;

    /// parallel_for whose body also hears which of the team runs it, member < size(); one call at a
    /// time.
    void run(std::size_t n, const std::function<void(unsigned member, std::size_t)>& body);

private:
    struct meeting;
    std::unique_ptr<meeting> meeting_;
};

/// Hands the progress of several threads on to one watch, one call at a time.
class progress {
public:
    /// @param where  names the operation in the sentence of `interrupted`
    progress(const watch& watched, std::string_view where, std::size_t total);

    /// Counts and reports n finished parts.
    /// @throws interrupted if the watch asks to stop
    void add(std::size_t n = 1);

private:
    const watch& watched_;
    std::string where_;
    std::size_t total_;
    std::mutex one_at_a_time_;
    std::size_t done_ = 0;
};

/// parallel_for that reports (indices done, n) after each index.
/// @throws interrupted if the watch asked to stop before the last index was done
void parallel_for(std::size_t n, unsigned threads, const std::function<void(std::size_t)>& body,
                  const watch& watched, std::string_view where);

}  // namespace moebius
