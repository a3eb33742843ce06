// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/diagnose/collapse_watch.hpp>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

namespace {

struct ramped_loop {
    collapse_watch watch{4};
    std::size_t half = 0;  ///< step in which one expert first has half of the tokens
};

/// A loop of four experts without a controller, feedback from 0 at `slope` a step.
ramped_loop ramped(double slope, std::size_t steps, std::uint64_t seed) {
    closed_loop loop(no_tokens(4), {256, noise_law::gumbel, seed});
    ramped_loop out;
    feedback_rule rule{.feedback = 0, .step = 0.02};
    for (std::size_t t = 0; t < steps && out.half == 0; ++t) {
        const auto counts = loop.advance(rule);
        out.watch.take(shares_of({counts.begin(), counts.end()}), 256, 1);
        if (*std::max_element(counts.begin(), counts.end()) > 128) out.half = t;
        rule.feedback += slope;
    }
    return out;
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

TEST_CASE("a ramped feedback is warned of before one expert has half", "[diagnose]") {
    const auto seed = GENERATE(as<std::uint64_t>{}, 1, 2, 3, 4, 5, 6);
    const auto loop = ramped(4.0 / 2000, 4000, seed);  // balance is lost at K = 4, step 2,000
    CAPTURE(loop.half);
    REQUIRE(loop.half > 1500);
    REQUIRE(loop.watch.first());
    CHECK(loop.watch.first()->seen_at < loop.half);
}

TEST_CASE("independent tokens rarely seem to swell", "[diagnose]") {
    int alarms = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed)
        alarms += ramped(0, 2000, seed).watch.first().has_value();
    CHECK(alarms <= 4);  // of a rate of 5 % more come with a chance of 5 %
}
