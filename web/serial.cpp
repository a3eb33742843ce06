// SPDX-License-Identifier: MIT
// In place of src/base/parallel.cpp, where a page has one thread.
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

}  // namespace moebius
