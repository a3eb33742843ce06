// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <exception>
#include <moebius/base/parallel.hpp>
#include <system_error>
#include <thread>
#include <vector>

namespace moebius {

/// What the threads of one parallel_for share.
class index_queue {
public:
    index_queue(std::size_t n, const std::function<void(unsigned, std::size_t)>& body)
        : n_(n), body_(body) {}

    void work(unsigned member) noexcept {
        for (std::size_t i = next_++; i < n_ && !failed_; i = next_++) {
            try {
                body_(member, i);
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
    static constexpr std::size_t apart = 128;  // two cache lines: they are fetched in pairs

    std::size_t n_;
    const std::function<void(unsigned, std::size_t)>& body_;
    std::atomic<bool> failed_ = false;
    alignas(apart) std::atomic<std::size_t> next_ = 0;  // written by all, the others are read
    alignas(apart) std::mutex mutex_;
    std::exception_ptr thrown_;
    std::size_t thrower_ = 0;
};

namespace {

/// As many helpers as the system gives, up to `count`: with fewer it only takes longer.
template <typename Work>
std::vector<std::jthread> start_helpers(std::size_t count, Work work) {
    std::vector<std::jthread> helpers;
    try {
        while (helpers.size() < count)
            helpers.emplace_back(work, static_cast<unsigned>(helpers.size() + 1));
    } catch (const std::system_error&) {
    }
    return helpers;
}

unsigned or_all(unsigned threads) {
    return threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
}

void pause_spinning() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

/// Waits until `value` is no longer `old`: awake for some tens of microseconds, then asleep.
template <typename T>
void wait_while(const std::atomic<T>& value, T old) noexcept {
    for (int spin = 0; spin < 1000; ++spin) {
        if (value != old) return;
        pause_spinning();
    }
    value.wait(old);
}

}  // namespace

void parallel_for(std::size_t n, unsigned threads, const std::function<void(std::size_t)>& body) {
    const std::function<void(unsigned, std::size_t)> each = [&](unsigned, std::size_t i) {
        body(i);
    };
    index_queue work(n, each);
    {
        const auto wanted = std::min<std::size_t>(or_all(threads), n);
        const auto helpers =
            start_helpers(wanted > 0 ? wanted - 1 : 0, [&](unsigned member) { work.work(member); });
        work.work(0);
    }  // all joined
    work.finish();
}

/// Where a team meets. A helper that sees a new call goes inside and takes what work is open; the
/// caller closes it when all is handed out and waits for those inside, so that nobody waits for a
/// helper that woke too late. Both orders are sequentially consistent: a helper that the caller
/// does not see inside finds the work closed.
struct team::meeting {
    explicit meeting(unsigned threads)
        : helpers(start_helpers(threads - 1, [this](unsigned member) { help(member); })) {}
    ~meeting() {
        over = true;
        call_helpers();
    }

    void call_helpers() {
        ++calls;
        calls.notify_all();
    }

    void help(unsigned member) noexcept {
        for (unsigned heard = 0;;) {
            wait_while(calls, heard);
            heard = calls;
            if (over) return;
            ++inside;
            if (auto* work = open.load()) work->work(member);
            if (--inside == 0) inside.notify_one();
        }
    }

    void run(index_queue& work) {
        open = &work;
        call_helpers();
        work.work(0);
        open = nullptr;
        for (unsigned n = inside; n != 0; n = inside) wait_while(inside, n);
    }

    std::atomic<index_queue*> open = nullptr;
    std::atomic<unsigned> calls = 0, inside = 0;
    std::atomic<bool> over = false;
    std::vector<std::jthread> helpers;  // last: they use the others until they are joined
};

team::team(unsigned threads) : meeting_(std::make_unique<meeting>(or_all(threads))) {}
team::~team() = default;

unsigned team::size() const noexcept { return static_cast<unsigned>(meeting_->helpers.size() + 1); }

void team::run(std::size_t n, const std::function<void(unsigned, std::size_t)>& body) {
    index_queue work(n, body);
    if (n > 1 && size() > 1)
        meeting_->run(work);
    else
        work.work(0);
    work.finish();
}

}  // namespace moebius
