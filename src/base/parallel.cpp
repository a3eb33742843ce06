// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <exception>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <thread>
#include <vector>

namespace moebius {
namespace {

/// What the threads of one parallel_for share.
class queue {
public:
    queue(std::size_t n, const std::function<void(std::size_t)>& body) : n_(n), body_(body) {}

    void work() noexcept {
        for (std::size_t i = next_++; i < n_ && !failed_; i = next_++) {
            try {
                body_(i);
            } catch (...) {
                failed_ = true;
                const std::lock_guard lock(mutex_);
                if (!thrown_ || i < thrower_) {
                    thrown_ = std::current_exception();
                    thrower_ = i;
                }
            }
        }
    }

    void finish() const {
        if (thrown_) std::rethrow_exception(thrown_);
    }

private:
    std::size_t n_;
    const std::function<void(std::size_t)>& body_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;
    std::exception_ptr thrown_;
    std::size_t thrower_ = 0;
};

}  // namespace

void parallel_for(std::size_t n, unsigned threads, const std::function<void(std::size_t)>& body) {
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    queue work(n, body);
    {
        std::vector<std::jthread> helpers;  // joined at the end of this block
        for (std::size_t t = 1; t < std::min<std::size_t>(threads, n); ++t)
            helpers.emplace_back([&work] { work.work(); });
        work.work();
    }
    work.finish();
}

progress::progress(const watch& watched, std::string_view where, std::size_t total)
    : watched_(watched), where_(where), total_(total) {}

void progress::add(std::size_t n) {
    const std::lock_guard lock(one_at_a_time_);
    done_ += n;
    if (watched_.report) watched_.report(done_, total_);
    if (watched_.stopping() && done_ < total_) throw interrupted(where_);
}

void parallel_for(std::size_t n, unsigned threads, const std::function<void(std::size_t)>& body,
                  const watch& watched, std::string_view where) {
    if (n > 0 && watched.stopping()) throw interrupted(where);
    progress shared(watched, where, n);
    parallel_for(n, threads, [&](std::size_t i) {
        body(i);
        shared.add();
    });
}

}  // namespace moebius
