// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <moebius/diagnose/collapse_watch.hpp>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

namespace {

/// A watch on a loop of four experts without a controller, feedback from 0 at `slope` a step.
collapse_watch ramped(double slope, std::size_t steps, std::uint64_t seed) {
    closed_loop loop(no_tokens(4), {256, noise_law::gumbel, seed});
    collapse_watch watch(4);
    feedback_rule rule{.feedback = 0, .step = 0.02};
    for (std::size_t t = 0; t < steps; ++t) {
        const auto counts = loop.advance(rule);
        watch.take(shares_of({counts.begin(), counts.end()}), 256, 1);
        rule.feedback += slope;
    }
    return watch;
}

}  // namespace

TEST_CASE("the least swing is 1 for independent tokens, and that of the calmest expert",
          "[diagnose]") {
    std::mt19937_64 random(3);
    double white = 0, moved = 0;
    const int runs = 40;
    for (int run = 0; run < runs; ++run) {
        block_scales plain(3), leaning(3);
        for (int t = 0; t < 400; ++t) {
            const auto shares = shares_of(drawn({0, 0, 0}, 1024, random));
            plain.take(shares);
            const double lean = 0.05 * std::sin(0.06 * t);  // of two experts, 4 periods
            leaning.take(std::vector{shares[0] + lean, shares[1] - lean, shares[2]});
        }
        white += plain.least_swing(1) / runs;
        moved += leaning.least_swing(1) / runs;
    }
    // the least of three chi^2 of 17 degrees over 17: as normal numbers 1 - .85 sqrt(2/17) = .71
    CHECK_THAT(white, WithinAbs(0.71, 0.1));
    CHECK(moved < 1.1);
    CHECK(block_scales(3).least_swing(1) == 0);
}

TEST_CASE("all experts' loads swell before a ramped feedback loses balance", "[diagnose]") {
    const auto seed = GENERATE(as<std::uint64_t>{}, 1, 2, 3, 4, 5, 6);
    // K = 4, where balance is lost, at step 2,000
    const auto watch = ramped(4.0 / 2000, 2000, seed);
    REQUIRE(watch.first());
    CHECK(watch.first()->seen_at <= 1800);
    CHECK_FALSE(ramped(0, 2000, seed).first());
}
