// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <exception>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <system_error>
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

/// As many helpers as the system gives, up to `count`: with fewer it only takes longer.
std::vector<std::jthread> start_helpers(std::size_t count, queue& work) {
    std::vector<std::jthread> helpers;
    try {
        while (helpers.size() < count) helpers.emplace_back([&work] { work.work(); });
    } catch (const std::system_error&) {
    }
    return helpers;
}

}  // namespace

void parallel_for(std::size_t n, unsigned threads, const std::function<void(std::size_t)>& body) {
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    queue work(n, body);
    {
        const auto wanted = std::min<std::size_t>(threads, n);
        const auto helpers = start_helpers(wanted > 0 ? wanted - 1 : 0, work);  // joined at the end
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
