// SPDX-License-Identifier: MIT
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/diagnose/block_signs.hpp>
#include <moebius/diagnose/recent_steps.hpp>
#include <moebius/diagnose/steady_course.hpp>
#include <numbers>
#include <numeric>
#include <random>
#include <vector>

#include "runs.hpp"

using namespace moebius;

namespace {

/// Shares of three experts: 1/3 each and x of the first more.
std::vector<double> leading_by(double x) { return {1.0 / 3 + x, 1.0 / 3 - x / 2, 1.0 / 3 - x / 2}; }

block_scales taken(const std::vector<double>& course) {
    block_scales out(3);
    for (const double x : course) out.take(leading_by(x));
    return out;
}

block_window last_blocks(const std::vector<double>& course) {
    const auto blocks = taken(course);
    REQUIRE(blocks.window(0) != nullptr);
    return *blocks.window(0);
}

}  // namespace

TEST_CASE("blocks of each length are means of their steps", "[diagnose]") {
    std::vector<double> course;
    for (int t = 0; t < 1000; ++t) course.push_back(0.2 * std::sin(0.013 * t * t));
    const auto blocks = taken(course);
    for (const std::size_t which : {0U, 1U, 2U}) {
        const auto* const window = blocks.window(which);
        REQUIRE(window != nullptr);
        const std::size_t length = 10U << which, last = 1000 / length;
        CHECK(window->length == length);
        const auto mean = [&](std::size_t block) {
            double sum = 0;
            for (std::size_t t = block * length; t < (block + 1) * length; ++t) sum += course[t];
            return sum / static_cast<double>(length);
        };
        // |(1, -1/2, -1/2)|^2 = 3/2; 1e-15 is the rounding of sums of loads below 1
        for (int i : {0, 7, 19})
            for (int j : {3, 19})
                CHECK_THAT(window->products(i, j),
                           WithinAbs(1.5 * mean(last - 20 + static_cast<std::size_t>(i)) *
                                         mean(last - 20 + static_cast<std::size_t>(j)),
                                     1e-15));
    }
    CHECK_FALSE(blocks.window(3));  // 12 blocks of 80 steps
    CHECK_THROWS_AS(block_scales(1), invalid_argument);
}

TEST_CASE("the noise of a step does not contain slow motion", "[diagnose]") {
    std::vector<double> course;
    for (int t = 0; t < 400; ++t) course.push_back(t < 190 ? 0.1 : -0.1);
    CHECK(last_blocks(course).step_variance == 0);  // the last 20 blocks begin after the jump
    for (std::size_t t = 0; t < course.size(); ++t) course[t] = t % 2 == 0 ? 0.1 : -0.1;
    CHECK_THAT(last_blocks(course).step_variance, WithinRel(1.5 * 0.2 * 0.2 / 2, 1e-12));
}

TEST_CASE("a course that feeds itself is told from one that drifts", "[diagnose]") {
    std::mt19937_64 random(7);
    std::normal_distribution<double> noise;
    std::vector<double> growing, straight, resting;
    for (int t = 0; t < 200; ++t) {
        growing.push_back(0.01 * std::exp(0.015 * t) + 0.003 * noise(random));
        straight.push_back(0.001 * t + 0.003 * noise(random));
        resting.push_back(0.1 + 0.003 * noise(random));
    }
    const auto growth = growth_in(last_blocks(growing));
    CHECK(growth.away);
    CHECK(growth.t > 3);
    // the multiplier is e^{.15} = 1.162 from block to block of 10; 3 errors of its own
    CHECK_THAT(growth.multiplier, WithinAbs(std::exp(0.15), 3 * growth.error));
    CHECK_FALSE(growth.jumped);
    for (const int at : {170, 187, 188}) {  // a jump is no growth, whatever its t
        std::vector<double> jump(200, 0.02);
        std::fill(jump.begin() + at, jump.end(), 0.1);
        CAPTURE(at);
        CHECK(growth_in(last_blocks(jump)).away);
        CHECK(growth_in(last_blocks(jump)).jumped);
    }
    std::vector<double> fast;  // twice as far from block to block
    for (int t = 0; t < 200; ++t)
        fast.push_back(0.1 * std::exp(0.07 * (t - 200)) + 0.003 * noise(random));
    CHECK(growth_in(last_blocks(fast)).t > 3);
    CHECK_FALSE(growth_in(last_blocks(fast)).jumped);
    CHECK(growth_in(last_blocks(straight)).t < 1);
    CHECK(growth_in(last_blocks(resting)).t < -2);
    // the same way back is growth of a deviation, but towards equal loads
    std::vector<double> back;
    for (const double x : growing) back.push_back(0.3 - x);
    CHECK_FALSE(growth_in(last_blocks(back)).away);
}

TEST_CASE("a random walk rarely seems to feed itself", "[diagnose]") {
    std::mt19937_64 random(11);
    std::normal_distribution<double> noise;
    int passed = 0;
    const int walks = 400;
    for (int run = 0; run < walks; ++run) {
        std::vector<double> course{0.0};
        for (int t = 1; t < 200; ++t) course.push_back(course.back() + 1e-3 * noise(random));
        const auto growth = growth_in(last_blocks(course));
        passed += growth.away && growth.t > 1;
    }
    CHECK(passed < walks / 20);  // t > 3 would be met by fewer than can be counted here
}

TEST_CASE("swings are seen, and neither a drift nor a jump is one", "[diagnose]") {
    std::mt19937_64 random(3);
    std::normal_distribution<double> noise;
    std::vector<double> white, drift, jump, swinging;
    for (int t = 0; t < 200; ++t) {
        const double x = 0.003 * noise(random);
        white.push_back(x);
        drift.push_back(x + 0.001 * t);
        jump.push_back(x + (t < 90 ? 0 : 0.1));
        swinging.push_back(x + 0.005 * std::sin(0.25 * t));
    }
    const double calm = swing_in(last_blocks(white)).gain;
    CHECK(calm > 0.3);
    CHECK(calm < 1.2);
    CHECK_THAT(swing_in(last_blocks(drift)).gain, WithinRel(calm, 0.1));
    CHECK(swing_in(last_blocks(jump)).gain < 1.5);
    CHECK(swing_in(last_blocks(swinging)).gain > 3);
    CHECK(swing_in(last_blocks(swinging)).lag < -0.2);  // half a period is 12.6 steps
}

TEST_CASE("a swing with a period has a line, and a walk and a jump have none", "[diagnose]") {
    std::mt19937_64 random(13);
    std::normal_distribution<double> noise;
    const double period = GENERATE(22.0, 35.0, 50.0), growth = GENERATE(-0.004, 0.0, 0.008);
    std::vector<double> swinging, jump, walk{0.0};
    for (int t = 0; t < 200; ++t) {
        const double x = 0.0005 * noise(random);
        swinging.push_back(x + 0.03 * std::exp(growth * t) *
                                   std::cos(2 * std::numbers::pi * t / period + 1));
        jump.push_back(x + (t < 90 ? 0 : 0.1));
        walk.push_back(walk.back() + x);
    }
    const auto line = line_in(last_blocks(swinging));
    CAPTURE(period, growth, line.period, line.multiplier, line.error);
    CHECK(line.share > 0.85);
    CHECK_THAT(line.period, WithinRel(period, 0.05));
    CHECK(line.variance == block_variance(last_blocks(swinging)));
    // amplitudes grow by e^{growth period} from period to period; 3 errors of the fit's own
    CHECK_THAT(line.multiplier, WithinAbs(std::exp(growth * period), 3 * line.error));
    CHECK((line.t > 3) == (growth > 0));
    for (const auto* course : {&jump, &walk}) {
        const auto none = line_in(last_blocks(*course));
        CHECK(none.share < 0.8);
        CHECK(none.t < 2);
    }
}

TEST_CASE("a swing's gain is of the lower seven in ten bends, sorted", "[diagnose][oracle]") {
    std::mt19937_64 draw(3);
    std::normal_distribution<double> noise(0, 0.01);
    std::vector<double> course(215);
    for (auto& x : course) x = noise(draw);
    const auto window = last_blocks(course);
    const auto& p = window.products;
    std::vector<double> bends;
    for (int i = 1; i + 1 < block_window::blocks; ++i)
        bends.push_back((p(i, i) + (p(i - 1, i - 1) + p(i + 1, i + 1)) / 4 + p(i - 1, i + 1) / 2 -
                         p(i, i - 1) - p(i, i + 1)) /
                        1.5);
    std::sort(bends.begin(), bends.end());
    const double lower = std::accumulate(bends.begin(), bends.begin() + 12, 0.0) / 12;
    CHECK_THAT(swing_gain(window), WithinRel(lower * 10 / window.step_variance, 1e-12));

    double change = 0;  // from two blocks to the next two
    for (int i = 0; i < 17; ++i) {
        const Eigen::Vector4d by(-0.5, -0.5, 0.5, 0.5);
        change += by.dot(p.block<4, 4>(i, i) * by) / 17;
    }
    CHECK_THAT(slow_swing(window, 2), WithinRel(change * 10 / window.step_variance, 1e-12));
}

TEST_CASE("the last steps are kept one by one, and as blocks of a few", "[diagnose]") {
    recent_steps steps(3);
    std::vector<double> course;
    for (int t = 0; t < 257; ++t) {
        course.push_back(0.2 * std::sin(0.013 * t * t));
        steps.take(leading_by(course.back()));
    }
    CHECK(steps.size() == recent_steps::most);
    const double tail = std::accumulate(course.end() - 30, course.end(), 0.0) / 30;
    CHECK_THAT(steps.mean(30)[0], WithinAbs(1.0 / 3 + tail, 1e-6));  // kept as floats
    const auto window = steps.window(2);
    const auto pair = [&](std::size_t back) {
        return (course[257 - 2 * back - 1] + course[257 - 2 * back - 2]) / 2;
    };
    CHECK(window.length == 2);
    CHECK_THAT(window.products(19, 12), WithinAbs(1.5 * pair(0) * pair(7), 1e-6));
    CHECK_THAT(steps.mean(2, 14)[0], WithinAbs(1.0 / 3 + pair(7), 1e-6));
    double square = 0;  // changes of the last 40 steps
    for (std::size_t t = 218; t < 257; ++t)
        square += 1.5 * (course[t] - course[t - 1]) * (course[t] - course[t - 1]) / 39;
    CHECK_THAT(window.step_variance, WithinAbs(square / 2, 1e-6));
    for (std::size_t length = 1; length <= 4; length *= 2)
        CHECK(line_in(steps.window(length)).size <= steps.largest_swing(length));
    // of loads that alternate about even shares it is all
    for (int t = 0; t < 100; ++t) steps.take(leading_by(t % 2 == 0 ? 0.2 : -0.2));
    CHECK_THAT(line_in(steps.window(1)).size, WithinRel(steps.largest_swing(1), 0.01));
    CHECK_THROWS_AS(recent_steps(1), invalid_argument);
}

TEST_CASE("a rise is a line through log-odds, and is told from one that levels off", "[diagnose]") {
    const double top_k = GENERATE(1.0, 2.0), pace = 0.1, from = -2.5;
    Eigen::Vector<double, block_window::blocks> rising, level;
    for (int i = 0; i < block_window::blocks; ++i) {
        rising[i] = 1 / (1 + std::exp(-from - pace * i)) / top_k;
        level[i] = 1 / (1 + std::exp(-from - 1.5 * (1 - std::exp(-0.2 * i)))) / top_k;
    }
    const auto rise = rise_of(rising, 8, top_k);
    CHECK(rise.t > 1e3);
    CHECK_THAT(rise.kept, WithinAbs(1, 1e-9));
    // half is at log-odds 0, and the window's end half a block behind the middle of the last
    CHECK_THAT(rise.left, WithinRel((-from - 19.5 * pace) / pace, 1e-6));
    CHECK_THAT(rise.share, WithinRel((rising[18] + rising[19]) / 2, 1e-12));
    CHECK(rise_of(level, 8, top_k).kept < 0.5);
    CHECK(rise_of(rising.reverse(), 8, top_k).t == 0);
    CHECK(least_lead(8, 2) == 0.25);
    CHECK(least_lead(2, 1) == 0.75);
}

TEST_CASE("a level is called half of what an expert can have where it is", "[diagnose]") {
    CHECK(lead_words(8, 2) == "half of what it can have");
    CHECK(lead_words(3, 1) == "0.667 of all choices (twice an even share)");
    CHECK(lead_words(2, 1) ==
          "0.75 of all choices (midway from an even share to what it can have)");
    CHECK(lead_words(4, 2) ==
          "0.375 of all choices (midway from an even share to what it can have)");
}

TEST_CASE("a fall is a line through the logarithm of a share", "[diagnose]") {
    const auto experts = GENERATE(as<std::size_t>{}, 8, 9);
    const double half = static_cast<double>(half_of(experts)) / static_cast<double>(experts);
    const double pace = 0.05;
    share_course falling, level;
    for (int i = 0; i < block_window::blocks; ++i) {
        falling[i] = half / 3 * std::exp(-pace * i);
        level[i] = half / 5 * (1 + std::exp(-0.3 * i));
    }
    const auto fall = fall_of(falling, experts);
    CHECK(fall.t > 1e3);
    CHECK_THAT(fall.kept, WithinAbs(1, 1e-9));
    // from a third to a tenth, less the 19.5 blocks that have gone; the mean of two is a little
    // high
    CHECK_THAT(fall.left, WithinRel(std::log(10.0 / 3) / pace - 19.5, 0.01));
    CHECK(fall_of(level, experts).kept < 0.5);
    CHECK(fall_of(falling.reverse(), experts).t == 0);
}

TEST_CASE("the experts that have least are those of the last two blocks", "[diagnose]") {
    block_scales blocks(5);
    for (int block = 0; block < block_window::blocks; ++block)
        for (std::size_t step = 0; step < block_scales::shortest; ++step) {
            const double late = block < 10 ? 0.3 : 0.1;
            blocks.take(std::vector{0.2, late, 0.4 - late, 0.25, 0.15});
        }
    const auto course = blocks.least(0, 2);  // the second and the last
    CHECK_THAT(course[0], WithinAbs(0.45, 1e-12));
    CHECK_THAT(course[block_window::blocks - 1], WithinAbs(0.25, 1e-12));
}

TEST_CASE("a direction is found where the last block is as the first was, and none where all are",
          "[diagnose]") {
    std::mt19937_64 random(11);
    std::normal_distribution<double> noise(0, 0.01);
    std::vector<double> course(block_scales::shortest * block_window::blocks);
    for (double& x : course) x = noise(random);
    std::copy_n(course.begin(), block_scales::shortest, course.end() - block_scales::shortest);
    const auto same = growth_in(last_blocks(course));
    course.back() += 1e-7;
    const auto nearly = growth_in(last_blocks(course));
    CHECK_FALSE(same.still);
    CHECK(same.error > 0.05);
    CHECK_THAT(same.multiplier, WithinAbs(nearly.multiplier, 1e-4));
    CHECK(growth_in(last_blocks(std::vector(course.size(), 0.1))).still);
}

TEST_CASE("what blocks do beside their leading direction is the second eigenvalue over the first",
          "[diagnose]") {
    std::mt19937_64 random(4);
    std::normal_distribution<double> step(0, 0.01);
    block_scales walk(6), line(6);
    std::vector<double> at(6, 1.0 / 6);
    for (std::size_t t = 0; t < block_scales::shortest * block_window::blocks; ++t) {
        const double lead = 1e-3 * static_cast<double>(t);
        line.take(std::vector{(1 + 5 * lead) / 6, (1 - lead) / 6, (1 - lead) / 6, (1 - lead) / 6,
                              (1 - lead) / 6, (1 - lead) / 6});
        for (auto& x : at) x += step(random) / 6;
        walk.take(diagnose_runs::shares_of(at));
    }
    const auto& products = walk.window(0)->products;
    const Eigen::MatrixXd off = products.colwise() - products.rowwise().mean();
    const Eigen::MatrixXd centred = off.rowwise() - off.colwise().mean();
    const Eigen::VectorXd values =
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(centred).eigenvalues().reverse();
    CHECK_THAT(second_direction(*walk.window(0)), WithinRel(values[1] / values[0], 1e-3));
    CHECK_THAT(growth_in(*walk.window(0)).share, WithinRel(values[0] / values.sum(), 1e-3));
    CHECK(second_direction(*line.window(0)) < 1e-9);
    CHECK_THAT(growth_in(*line.window(0)).share, WithinRel(1, 1e-9));
}
