// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <functional>
#include <moebius/logs/still_loads.hpp>
#include <random>
#include <vector>

using namespace moebius;

namespace {

/// Loads of tokens sent at random, of steps that are those of others where `at` says so.
still_loads course_of(std::size_t n, int tokens, const std::function<int(int)>& at, double tilt) {
    std::mt19937 rng{4};
    std::vector<double> weights(n, 1);
    weights.front() += tilt;
    std::discrete_distribution<std::size_t> choice(weights.begin(), weights.end());
    std::vector<std::vector<double>> steps(300, std::vector<double>(n));
    for (auto& loads : steps)
        for (int t = 0; t < tokens; ++t) ++loads[choice(rng)];
    still_loads out;
    for (int s = 0; s < 300; ++s) {
        const auto& loads = steps[static_cast<std::size_t>(at(s))];
        out.take(loads, lane_total_of(loads), s);
    }
    return out;
}
still_loads::stretch longest_of(std::size_t n, int tokens, const std::function<int(int)>& at,
                                double tilt = 0) {
    return course_of(n, tokens, at, tilt).longest();
}
std::size_t held_of(std::size_t n, int tokens, const std::function<int(int)>& at, double tilt = 0) {
    return course_of(n, tokens, at, tilt).held();
}

int moving(int s) { return s; }
int still_from_150(int s) { return std::min(s, 150); }

}  // namespace

TEST_CASE("loads that stand still from a step on, or between steps, are found", "[logs]") {
    const auto end = longest_of(8, 512, still_from_150);
    CHECK(end.records == 149);
    CHECK(end.first == 151);
    CHECK(end.last == 299);
    const auto inside = longest_of(8, 512, [](int s) { return s < 100 || s > 140 ? s : 100; });
    CHECK(inside.first == 101);
    CHECK(inside.last == 140);
    CHECK(longest_of(2, 4, still_from_150).last == 299);
}

TEST_CASE("loads that are the same now and then by chance do not stand still", "[logs]") {
    for (const std::size_t n : {2U, 8U})
        for (const int tokens : {1, 2, 4, 512}) CHECK(longest_of(n, tokens, moving).records == 0);
    CHECK(longest_of(2, 4, moving, 30).records == 0);  // of 4 tokens mostly all on one expert
    CHECK(longest_of(8, 512, [](int s) { return s - s % 3; }).records == 0);
    CHECK(longest_of(8, 512, [](int s) { return std::min(s, 292); }).records == 0);
}

TEST_CASE("loads that are updated every few records only are found", "[logs]") {
    for (const int every : {2, 5}) {
        CHECK(held_of(8, 512, [every](int s) { return s - s % every; }) ==
              static_cast<std::size_t>(every));
        CHECK(held_of(8, 512, [every](int s) { return s < 1 ? 0 : s - 1 - (s - 1) % every; }) ==
              static_cast<std::size_t>(every));
    }
    for (const std::size_t n : {2U, 8U})
        for (const int tokens : {1, 2, 4, 512}) CHECK(held_of(n, tokens, moving) == 0);
    CHECK(held_of(2, 4, moving, 30) == 0);
    CHECK(held_of(8, 512, still_from_150) == 0);
    // by turns of 2 and 3, which is no rule
    CHECK(held_of(8, 512, [](int s) { return s % 5 < 2 ? s - s % 5 : s - s % 5 + 2; }) == 0);
}

TEST_CASE("a layer that collapses onto some experts does not stand still", "[logs]") {
    still_loads of_one, of_two;
    for (int s = 0; s < 300; ++s) {
        const double left = std::max(0, 150 - s);
        for (auto* of : {&of_one, &of_two}) {
            std::vector<double> loads{512 - left, left, 0, 0};
            if (of == &of_two) loads[2] = loads[0];
            of->take(loads, lane_total_of(loads), s);
        }
    }
    CHECK(of_one.longest().records == 0);
    CHECK(of_two.longest().records == 0);
}
