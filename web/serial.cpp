// SPDX-License-Identifier: MIT
// In place of src/base/parallel.cpp, where a page has one thread.
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>

namespace moebius {

void parallel_for(std::size_t n, unsigned /*threads*/,
                  const std::function<void(std::size_t)>& body) {
    for (std::size_t i = 0; i < n; ++i) body(i);
}

struct team::meeting {};
team::team(unsigned /*threads*/) {}
team::~team() = default;
unsigned team::size() const noexcept { return 1; }
void team::run(std::size_t n, const std::function<void(unsigned, std::size_t)>& body) {
    for (std::size_t i = 0; i < n; ++i) body(0, i);
}

progress::progress(const watch& watched, std::string_view where, std::size_t total)
    : watched_(watched), where_(where), total_(total) {}

void progress::add(std::size_t n) {
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
