// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <moebius/base/watch.hpp>
#include <utility>
#include <vector>

using namespace moebius;

TEST_CASE("what a part of a run tells is that share of the whole", "[watch]") {
    std::vector<std::pair<std::size_t, std::size_t>> heard;
    const std::atomic<bool> stop = true;
    const watch whole{[&](std::size_t done, std::size_t total) { heard.emplace_back(done, total); },
                      &stop};

    const auto part = part_of(whole, 3, 2, 10);  // the 4th and 5th of ten parts, in 8 steps
    part.report(0, 8);
    part.report(8, 8);

    CHECK(heard == std::vector<std::pair<std::size_t, std::size_t>>{{24, 80}, {40, 80}});
    CHECK(part.stopping());
}

TEST_CASE("nobody is told where nobody asked", "[watch]") {
    const watch silent;
    CHECK_FALSE(part_of(silent, 0, 1, 2).report);
    CHECK_FALSE(part_of(silent, 0, 1, 2).stopping());
}
