// SPDX-License-Identifier: MIT
#include <Eigen/Dense>
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/diagnose/collapse_watch.hpp>
#include <numbers>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

namespace {

using std::numbers::pi;

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

/// Loads of one direction of a loop with an integral controller, n = (s + b)/N + noise of variance
/// 1: (s, b) <- A (s, b) + B noise, to first order.
struct linear_chain {
    double experts, feedback, gain, step;

    [[nodiscard]] feedback_rule rule() const {
        return {.feedback = feedback, .step = step, .controller = {control_law::integral, gain}};
    }
    /// Autocovariances of n, of lags 0 to `lags` - 1.
    [[nodiscard]] std::vector<double> covariances(int lags) const {
        const double k = step * feedback / experts, g = step * gain / experts;
        const Eigen::Matrix2d A{{1 - step + k, k}, {-g, 1 - g}};
        const Eigen::Vector2d B(step * feedback, -step * gain), C(1 / experts, 1 / experts);
        Eigen::Matrix2d spread = Eigen::Matrix2d::Zero();
        Eigen::Vector2d kick = B;
        for (int i = 0; i < 4000; ++i, kick = A * kick) spread += kick * kick.transpose();
        std::vector<double> out{C.dot(spread * C) + 1};
        Eigen::Vector2d later = A * spread * C + B;  // of the scores with n, one step apart
        for (; static_cast<int>(out.size()) < lags; later = A * later) out.push_back(C.dot(later));
        return out;
    }
};

/// What slow_swing is of windows of 20 blocks of 40 steps, from 2 blocks to 2, in the mean.
double slow_swing_of(const linear_chain& chain) {
    constexpr int half = 80;
    const auto covariance = chain.covariances(2 * half);
    double change = 0;
    for (int i = 0; i < 2 * half; ++i)
        for (int j = 0; j < 2 * half; ++j)
            change += ((i < half) == (j < half) ? 1 : -1) *
                      covariance[static_cast<std::size_t>(std::abs(i - j))] / (half * half);
    return change * half / 2 / (covariance[0] - covariance[1]);
}

}  // namespace

TEST_CASE("the slow swing of independent tokens is 1, and that of a sine as it must be",
          "[diagnose]") {
    const double lean = GENERATE(0.0, 0.01);  // of two experts, once in 160 steps
    std::mt19937_64 random(3);
    double told = 0;
    const int runs = 40, tokens = 1024, half = 80;
    for (int run = 0; run < runs; ++run) {
        block_scales blocks(3);
        for (int t = 0; t < 800; ++t) {
            const auto shares = shares_of(drawn({0, 0, 0}, tokens, random));
            const double off = lean * std::sin(pi * t / half);
            blocks.take(std::vector{shares[0] + off, shares[1] - off, shares[2]});
        }
        told += slow_swing(*blocks.window(2), 2) / runs;
    }
    // means of half a period alternate by 4/pi of the amplitude; half of it is the mean square
    const double sine = 2 * std::pow(4 / pi * lean, 2) / 2;
    const double noise = (1 - 1.0 / 3) / tokens;
    // of about 9 independent changes in 2 directions: sqrt(2/18) = 1/3 of the value, in 40 runs
    CHECK_THAT(told, WithinRel(1 + sine * half / 2 / noise, 3 * 0.33 / std::sqrt(runs)));
}

TEST_CASE("the slow swing of a loop that a controller holds is that of its linear chain",
          "[diagnose][oracle]") {
    const linear_chain chain{8, 6, 1, 0.05};
    const double told = slow_swing_of(chain);
    CHECK_THAT(told, WithinRel(4.3, 0.01));  // docs/theory.md section 10
    double seen = 0;
    const int runs = 20;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        block_scales blocks(8);
        for (const auto& counts : loop_counts(8, 1024, chain.rule(), 800, seed))
            blocks.take(shares_of(counts));
        seen += slow_swing(*blocks.window(2), 2) / runs;
    }
    // one window scatters by .8 of 4.3
    CHECK_THAT(seen, WithinRel(told, 3 * 0.8 / 4.3 / std::sqrt(runs)));
}

TEST_CASE("swings of a loop that does not change are no news", "[diagnose]") {
    const linear_chain chain{4, 3, 1, 0.05};
    int alarms = 0, without_change = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        collapse_watch watch(4), careless(4, {.change = 1});
        bool swings = false, seems = false;
        for (const auto& counts : loop_counts(4, 1024, chain.rule(), 4000, seed)) {
            watch.take(shares_of(counts), 1024, 1);
            careless.take(shares_of(counts), 1024, 1);
            swings = swings || watch.now().kind == warning_kind::swinging;
            seems = seems || careless.now().kind == warning_kind::swinging;
        }
        alarms += swings ? 1 : 0;
        without_change += seems ? 1 : 0;
    }
    CAPTURE(alarms, without_change);
    CHECK(alarms <= 1);  // 5 %
    CHECK(without_change > 1);
}

TEST_CASE("the least of the later steps reaches back to about a quarter of them", "[diagnose]") {
    later_least least;
    CHECK(std::isinf(least.least()));
    for (std::size_t step = 200; step <= 8000; step += 10) {
        least.take(step < 1000 ? 1 : 5, step);
        CAPTURE(step);
        if (step <= 3300) CHECK(least.least() == 1);
        if (step >= 4000) CHECK(least.least() == 5);
    }
    least.take(7, 100000);  // a gap
    CHECK(least.least() == 7);
}

TEST_CASE("a gate that moves since its learning rate came up loses no balance later on",
          "[diagnose]") {
    constexpr int warm = 800, steps = 4000;
    constexpr double back = 0.003, size = 0.01;
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal;
    collapse_watch watch(8);
    std::vector<double> logits(8, 0.0);
    bool swung = false;
    for (int t = 0; t < steps; ++t) {
        const double rate = std::min(1.0, t / double{warm});
        for (double& one : logits) one += rate * (size * normal(random) - back * one);
        watch.take(shares_of(drawn(logits, 4096, random)), 4096, 1);
        swung = swung || watch.now().kind == warning_kind::swinging;
    }
    CHECK(swung);  // what a loop near its loss of balance does as well
    CHECK(watch.now().kind != warning_kind::swinging);
}

TEST_CASE("a slow swing is warned of where gates rested, and not where they always moved",
          "[diagnose]") {
    const int from = GENERATE(1000, 0);
    std::mt19937_64 random(5);
    collapse_watch watch(4);
    bool swelled = false;
    for (int t = 0; t < 2400; ++t) {
        const double lean = t < from ? 0 : 0.15 * std::sin(pi * t / 80);
        watch.take(shares_of(drawn({lean, -lean, 0, 0}, 256, random)), 256, 1);
        swelled = swelled || watch.now().kind == warning_kind::swelling;
    }
    CHECK(swelled == (from > 0));
}

TEST_CASE("gates that learn less and less do not swell", "[diagnose]") {
    std::mt19937_64 random(11);
    collapse_watch watch(4);
    double largest = 0;
    for (int t = 0; t < 1600; ++t) {
        const double lean = 0.5 * (1 - std::exp(-t / 800.0));
        watch.take(shares_of(drawn({lean, -lean, 0, 0}, 1024, random)), 1024, 1);
        const auto now = watch.slowest();
        if (now && now->block == warning_limits::swell_block)
            largest = std::max(largest, now->swelling);
    }
    CHECK(largest > warning_limits{}.swell);
    CHECK_FALSE(watch.first());
}

TEST_CASE("what moves faster than the longest blocks is seen to move", "[diagnose]") {
    // a while of 30 steps each belongs to one expert, or to none
    const bool moves = GENERATE(true, false);
    std::mt19937_64 random(4);
    collapse_watch watch(8);
    std::size_t chosen = 0;
    for (int t = 0; t < 4000; ++t) {
        if (t % 30 == 0) chosen = std::uniform_int_distribution<std::size_t>(0, 7)(random);
        std::vector<double> logits(8, 0.0);
        if (moves) logits[chosen] = 2;
        watch.take(shares_of(drawn(logits, 64, random)), 64, 1);
    }
    const auto slow = watch.slowest();
    REQUIRE(slow);
    REQUIRE(slow->block == 160);
    if (moves) {
        CHECK(slow->moved > 0.5);
        CHECK(slow->moved_block < slow->block);
    } else {
        CHECK(slow->moved < 0.25);  // of blocks of 10, by the noise of tokens, .1
        CHECK(slow->moved_block == slow->block);
    }
}

TEST_CASE("a ramped feedback is warned of before one expert has half", "[diagnose]") {
    const auto seed = GENERATE(as<std::uint64_t>{}, 1, 2, 3, 4, 5, 6);
    const auto loop = ramped(4.0 / 2000, 4000, seed);  // balance is lost at K = 4, step 2,000
    CAPTURE(loop.half);
    REQUIRE(loop.half > 1500);
    REQUIRE(loop.watch.first());
    CHECK(loop.watch.first()->seen_at < loop.half);
}

TEST_CASE("walks of many experts in all directions seldom seem to grow", "[diagnose]") {
    constexpr std::size_t experts = 16;
    int alarms = 0, by_t_alone = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        std::mt19937_64 random(seed);
        std::normal_distribution<double> step(0, 0.008);
        collapse_watch watch(experts), careless(experts, {.growth_second = 1});
        std::vector<double> logits(experts), loads(experts);
        for (int t = 0; t < 4000; ++t) {
            for (std::size_t e = 0; e < experts; ++e)
                loads[e] = std::exp(logits[e] += step(random));
            const auto shares = shares_of(loads);
            watch.take(shares, 0, 1);
            careless.take(shares, 0, 1);
        }
        const auto grew = [](const collapse_watch& one) {
            return one.first_growth() && one.first_growth()->kind == warning_kind::growing;
        };
        alarms += grew(watch) ? 1 : 0;
        by_t_alone += grew(careless) ? 1 : 0;
    }
    CAPTURE(alarms, by_t_alone);
    CHECK(3 * alarms <= 2 * by_t_alone);
}

TEST_CASE("half of the experts that fade are warned of before they are idle", "[diagnose]") {
    const bool fades = GENERATE(true, false);  // else they stay at an eighth of even shares
    constexpr double memory = 400, ahead = 2.1;
    std::mt19937_64 random(9);
    collapse_watch watch(8);
    std::optional<warning> seen;
    for (int t = 0; t < 1200 && !seen; ++t) {
        const double lag = fades ? t / memory : ahead;
        watch.take(shares_of(drawn({0, 0, 0, 0, -lag, -lag, -lag, -lag}, 2048, random)), 2048, 1);
        if (watch.now().kind == warning_kind::starving) seen = watch.now();
    }
    REQUIRE(seen.has_value() == fades);
    if (!fades) return;
    // exp(-t/memory)/(1 + exp(-t/memory)) is a twentieth
    const double idle_at = memory * std::log(19.0), at = static_cast<double>(seen->seen_at);
    CHECK(at < idle_at - 150);
    CHECK_THAT(at + seen->course.left * static_cast<double>(seen->block), WithinRel(idle_at, 0.1));
}

TEST_CASE("independent tokens rarely seem to swell", "[diagnose]") {
    int alarms = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed)
        alarms += ramped(0, 2000, seed).watch.first().has_value();
    CHECK(alarms <= 4);  // of a rate of 5 % more come with a chance of 5 %
}

TEST_CASE("steps of more tokens are no swing of their gates", "[diagnose]") {
    // logits wander with a deviation of .1 and a memory of 200 steps: of 8 times the tokens they
    // scatter 4 times as much as these do, and 1.4 times before
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        std::mt19937_64 random(seed);
        std::normal_distribution<double> normal(0, 0.1 * std::sqrt(2.0 / 200));
        std::vector<double> logits(8, 0.0);
        collapse_watch watch(8);
        for (int t = 0; t < 4000; ++t) {
            const std::size_t tokens = t < 2000 ? 1024 : 8192;
            for (double& logit : logits) logit += normal(random) - logit / 200;
            watch.take(shares_of(drawn(logits, tokens, random)), static_cast<double>(tokens), 1);
        }
        CAPTURE(seed);
        CHECK_FALSE(watch.first());
    }
}
