// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/random.hpp>
#include <moebius/compare/sweep_places.hpp>

using namespace moebius;

namespace {

constexpr std::size_t seeds = 200;
constexpr bootstrap_options drawn{.draws = 2000, .seed = 3};

/// About even in (-1/2, 1/2), of mean 0.
std::vector<double> scatter() {
    std::vector<double> out;
    double mean = 0;
    for (std::uint32_t i = 0; i < seeds; ++i) {
        out.push_back(uniform(random_words(5, random_stream::token, 0, i)[0]));
        mean += out.back() / seeds;
    }
    for (double& one : out) one -= mean;
    return out;
}

/// first = slope f + off (scatter), second = -2 slope f, at feedbacks 0 to 4.
swept_gaps straight(double slope, double off) {
    swept_gaps out;
    const auto by = scatter();
    for (const double f : {0., 1., 2., 3., 4.}) {
        out.feedbacks.push_back(f);
        std::vector<double> first;
        for (const double one : by) first.push_back(slope * f + off * one);
        out.sides[0].push_back(std::move(first));
        out.sides[1].emplace_back(seeds, -2 * slope * f);
    }
    return out;
}

}  // namespace

TEST_CASE("places of straight gaps are where the lines pass", "[trained][held]") {
    const auto at = places_of(straight(0.1, 0), 0.5, drawn);
    CHECK(at[0].value == Approx(0.5 / 0.3));
    CHECK(at[1].value == Approx(0.25 / 0.1));
    CHECK(at[2].value == Approx(0.25 / 0.2));
    for (const auto& place : at) CHECK((place.low == place.value && place.high == place.value));
}

TEST_CASE("the last passage counts where gaps come back", "[trained][held]") {
    auto gaps = straight(0.1, 0);
    for (double& gap : gaps.sides[0][1]) gap = 0.9;
    CHECK(places_of(gaps, 0.5, drawn)[1].value == Approx(0.25 / 0.1));
}

TEST_CASE("a place's interval is that of the mean over its slope, and of a pair that of both",
          "[trained][held]") {
    const auto gaps = straight(0.1, 0.3);
    const auto at = places_of(gaps, 0.5, drawn);
    const double error = 0.3 / std::sqrt(12.0 * seeds);
    CHECK(at[0].high - at[0].low == Approx(2 * 1.96 * error / 0.3).epsilon(0.15));  // of 200 seeds
    CHECK(at[1].high - at[1].low == Approx(2 * 1.96 * error / 0.1).epsilon(0.15));
    auto other = gaps;
    for (auto& point : other.sides[0])
        for (double& gap : point) gap += 0.02;
    const auto off = places_between(other, gaps, 0.5, drawn);
    CHECK(off[1].value == Approx(-0.2));
    CHECK(off[1].high - off[1].low == Approx(0).margin(1e-9));
    CHECK(off[2].value == Approx(0).margin(1e-12));
}

TEST_CASE("a place beyond an end of the sweep is told to be there, and makes no difference",
          "[trained][held]") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto gaps = straight(0.1, 0);
    CHECK(places_of(gaps, 1.3, drawn)[0].value == infinity);
    CHECK(places_of(gaps, -0.1, drawn)[0].value == -infinity);
    CHECK(std::isnan(places_between(gaps, gaps, 1.3, drawn)[0].value));
    // The mean of the second gap at 0 is the level: half of the draws are below the sweep
    auto shaken = straight(0.2, 0);
    const auto by = scatter();
    for (std::size_t s = 0; s < seeds; ++s) shaken.sides[1][0][s] = -0.25 + by[s];
    const auto at = places_of(shaken, 0.5, drawn)[2];
    CHECK(at.low == -infinity);
    CHECK(std::isfinite(at.high));
    const auto off = places_between(shaken, gaps, 0.5, drawn)[2];
    CHECK(std::isnan(off.low));
}

TEST_CASE("one seed tells no interval", "[trained][held]") {
    swept_gaps gaps{{0, 1}, {{{{0}, {1}}, {{0}, {-1}}}}};
    const auto at = places_of(gaps, 0.5, drawn)[0];
    CHECK(at.value == Approx(0.25));
    CHECK((std::isnan(at.low) && std::isnan(at.high)));
    CHECK(std::isnan(bootstrap_mean({1}, drawn).low));
}
