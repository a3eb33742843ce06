// SPDX-License-Identifier: MIT
// Of parallel.hpp what watches, apart from the threads: the page has none (web/serial.cpp).
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>

namespace moebius {

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
