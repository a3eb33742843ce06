// SPDX-License-Identifier: MIT
#include <atomic>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/compare/oscillation.hpp>
#include <numbers>

#include "catch.hpp"

using namespace moebius;

namespace {

/// A few seconds of one core.
oscillation_options brief() {
    return {.tokens = 4096, .step = 0.05, .seeds = 4, .levels = 3, .settle = 150, .average = 400};
}

}  // namespace

TEST_CASE("equal loads of the rule are lost at N + gain (1 - step)", "[compare][oracle]") {
    // The determinant of the map is 1 there: 1 + h(k - 1 - g) + h^2 g with k = K/N, g = gain/N,
    // h the step. For h -> 0 it is the Hopf point of docs/theory.md section 5, of frequency
    // sqrt(gain/N).
    const auto experts = GENERATE(as<std::size_t>{}, 2, 8, 64);
    const auto n = static_cast<double>(experts);
    auto options = brief();

    CHECK_THAT(onset_of({experts}, options), WithinRel(n + 0.5 * (1 - 0.05), 1e-12));

    options.step = 1e-4;
    const auto rate = deviation_map_of({experts}, n + 0.5, options).rate(options.step);
    CHECK_THAT(rate.real(), WithinAbs(0, 1e-4));
    CHECK_THAT(rate.imag(), WithinRel(std::sqrt(0.5 / n), 1e-4));
}

TEST_CASE("units of beta and decay move the onset as they must", "[compare][oracle]") {
    // K = feedback beta/decay and gain beta/decay: twice beta and thrice decay
    const controlled_router router{4, 2, 3, {control_law::integral, 0.6}};
    CHECK_THAT(onset_of(router, brief()), WithinRel((4 + 0.4 * 0.95) * 3 / 2, 1e-12));
}

TEST_CASE("the gain of a sign rule is that of its noise", "[compare][oracle]") {
    const double sigma = std::sqrt(0.25 / 1024);
    const double want = 1e-3 * std::sqrt(2 / std::numbers::pi) / (0.02 * sigma);
    CHECK_THAT(effective_gain({control_law::sign, 1e-3}, sigma, 0.02), WithinRel(want, 1e-12));
    CHECK(effective_gain({control_law::integral, 0.3}, sigma, 0.02) == 0.3);
}

TEST_CASE("a swing is measured between rises, noise or not", "[compare][oracle]") {
    std::vector<double> series;
    for (int t = 0; t < 5000; ++t)
        series.push_back(3 + 2 * std::sin(0.031 * t + 1) + 0.02 * std::sin(977.0 * t));
    const auto seen = swing_of(series, 0.1);
    CHECK_THAT(seen.period, WithinRel(0.1 * 2 * std::numbers::pi / 0.031, 1e-3));
    CHECK_THAT(seen.amplitude, WithinRel(2.01, 5e-3));  // 2 to 2.02
    CHECK(seen.cycles == 23);
    CHECK(std::isnan(swing_of(std::vector<double>{1, 2, 3}, 1).period));
}

TEST_CASE("validate finds the onset, period and amplitude of controlled loops",
          "[compare][oracle][long]") {
    const auto v = validate_oscillation({2}, brief());

    INFO(v.overall.sentence);
    CHECK(v.overall.agrees);
    CHECK_THAT(v.hopf, WithinRel(2.5, 1e-9));
    CHECK_THAT(v.onset.measured, WithinAbs(v.onset.predicted, 4 * v.onset.error));
    CHECK_THAT(v.frequency.measured, WithinAbs(v.frequency.predicted, 4 * v.frequency.error));
    REQUIRE(v.beyond.size() == 3);
    for (const auto& point : v.beyond) {
        CHECK_THAT(point.period.measured, WithinRel(point.period.predicted, 0.01));
        CHECK_THAT(point.amplitude.measured, WithinRel(point.amplitude.predicted, 0.03));
        // by the equations, not the rule in steps of 0.05, which sets in at 2.475
        CHECK_THAT(point.branch_period, WithinRel(point.period.predicted, 0.01));
        CHECK_THAT(std::pow(point.branch_amplitude, 2),
                   WithinAbs(std::pow(point.amplitude.predicted, 2), 0.08));
    }
    CHECK(decay_table(v).at("growth").size() == 3);
    CHECK(swing_table(v).at("branch_period").size() == 3);
}

TEST_CASE("validate measures the gain that noise gives a sign rule", "[compare][oracle]") {
    const double step = 0.05, sigma = std::sqrt(3.0 / 16 / 4096);
    const double u = 0.5 * step * sigma / std::sqrt(2 / std::numbers::pi);
    const auto v = validate_oscillation({4, 1, 1, {control_law::sign, u}}, brief());

    CHECK(v.beyond.empty());
    for (const auto& point : v.below) {
        CHECK(point.gain.predicted < 0.5);  // the gain of sampling noise alone
        CHECK(point.gain.predicted > 0.4);
        // four runs of 400 scatter by 4 %
        CHECK_THAT(point.gain.measured, WithinRel(point.gain.predicted, 0.1));
    }
}

TEST_CASE("scores scatter about equal loads as the map says", "[compare][oracle]") {
    // Without feedback nothing moves but the controller: z = -... is 0, and b' = (1 - h g/N) b - h
    // gain times noise, of variance (h gain)^2 s^2/(1 - (1 - h gain/N)^2), s^2 = (1/N)(1 - 1/N)/T.
    const double h = 0.05, gain = 0.4, n = 5, tokens = 4096;
    const double kept = 1 - h * gain / n, noise = h * gain * std::sqrt((1 - 1 / n) / n / tokens);
    CHECK_THAT(score_variance_of({5, 1, 1, {control_law::integral, gain}}, 0, brief()),
               WithinRel(noise * noise / (1 - kept * kept), 1e-10));
}

TEST_CASE("loops that left equal loads below the onset are not judged by them", "[compare]") {
    // 64 experts collapse in turn from far below the onset on, and noise takes them there
    auto options = brief();
    options.tokens = 1024;
    options.settle = 400;
    options.levels = 2;
    options.seeds = 2;
    const auto v = validate_oscillation({64, 1, 1, {control_law::integral, 0.1}}, options);
    INFO(v.overall.sentence);
    CHECK_FALSE(v.overall.agrees);
    CHECK(v.overall.sentence.starts_with("nothing is judged: at feedback 57.69 scores scatter by"));
    for (const auto& point : v.below) {
        CHECK_FALSE(point.excuse.empty());
        CHECK(std::isnan(point.growth.measured));
    }
    CHECK(std::isnan(v.onset.measured));
    CHECK(std::isnan(v.frequency.measured));
}

TEST_CASE("where all runs agree with a rate of 0 it is no fault", "[compare]") {
    // a slow controller's leading multipliers are real: there is no frequency
    auto options = brief();
    options.tokens = 1024;
    options.levels = 2;
    options.seeds = 2;
    const auto v = validate_oscillation({2, 1, 1, {control_law::integral, 1e-3}}, options);
    const auto& frequency = v.below.front().frequency;
    CHECK(frequency.predicted == 0);
    CHECK(frequency.measured == 0);
    CHECK(frequency.error == 0);
    CHECK(std::isfinite(v.overall.chi_square));  // 0 is 0 errors from 0
}

TEST_CASE("a controller that is not there is told", "[compare][error]") {
    const std::atomic<bool> stop = true;
    CHECK_THROWS_AS(validate_oscillation({2, 1, 1, {}}, brief()), invalid_argument);
    CHECK_THROWS_AS(validate_oscillation({1}, brief()), invalid_argument);
    auto options = brief();
    options.step = 1;
    CHECK_THROWS_AS(validate_oscillation({2}, options), invalid_argument);
    CHECK_THROWS_AS(validate_oscillation({2}, brief(), {{}, &stop}), interrupted);
}
