// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/compare/blocking.hpp>
#include <random>

#include "catch.hpp"

using namespace moebius;

namespace {

/// x_k = phi x_(k-1) + normal, stationary from its first value, plus white noise of that size.
std::vector<double> autoregressive(std::size_t n, double phi, double white, std::mt19937& rng) {
    std::normal_distribution<double> normal;
    std::vector<double> series(n);
    double x = normal(rng) / std::sqrt(1 - phi * phi);
    for (auto& value : series) {
        x = phi * x + normal(rng);
        value = x + white * normal(rng);
    }
    return series;
}

/// Variance of the mean of n values: spectral density at 0 less the ends' share,
/// (1/(1-phi)^2 + white^2) / n - 2 phi (1 - phi^n) / ((1-phi)^2 (1-phi^2) n^2).
double exact_error(std::size_t n, double phi, double white) {
    const auto count = static_cast<double>(n);
    const double gain = 1 / ((1 - phi) * (1 - phi));
    return std::sqrt((gain + white * white) / count -
                     2 * phi * (1 - std::pow(phi, count)) * gain / (1 - phi * phi) / count / count);
}

}  // namespace

TEST_CASE("blocking finds the error of an autoregressive series", "[compare][oracle]") {
    const double phi = GENERATE(0.0, 0.97);
    const double white = GENERATE(0.0, 30.0);  // a memory hidden under white noise
    const std::size_t length = 4096, runs = 4, trials = 200;
    std::mt19937 rng{4};
    double squares = 0, z_squares = 0;
    std::size_t beyond_two = 0;

    for (std::size_t trial = 0; trial < trials; ++trial) {
        std::vector<std::vector<double>> series;
        for (std::size_t r = 0; r < runs; ++r)
            series.push_back(autoregressive(length, phi, white, rng));
        const auto found = blocked(series);
        squares += found.error * found.error / trials;
        const double z = normal_deviate(found.mean, found.error, found.blocks);
        z_squares += z * z / trials;
        beyond_two += std::abs(z) > 2;
    }

    const double exact = exact_error(length, phi, white) / std::sqrt(static_cast<double>(runs));
    // Each squared error has about 2/blocks of relative variance, blocks >= 16: 200 of them make
    // 2.5 %; blocks of four times the memory's visible end leave a bias of 5 % or less.
    CHECK_THAT(squares, WithinRel(exact * exact, 3 * 0.025 + 0.05));
    // z^2 is chi-square of one degree: its mean over 200 has a standard error of sqrt(2/200) = 0.1
    CHECK_THAT(z_squares, WithinAbs(1.0, 3 * 0.1 + 0.05));
    CHECK(beyond_two < 19);  // 4.55 % of 200 expected: 9.1, standard deviation 2.9
}

TEST_CASE("blocking says when a series is shorter than its memory", "[compare]") {
    std::mt19937 rng{7};
    CHECK_FALSE(blocked(autoregressive(512, 0.999, 0, rng)).plateau);
    CHECK(blocked(autoregressive(512, 0.1, 0, rng)).plateau);
}

TEST_CASE("blocking serves tiny series and names bad ones", "[compare][error]") {
    const std::vector<double> one{3.0}, two{1.0, 2.0};
    const std::vector<std::vector<double>> unequal{one, two};

    CHECK(blocked(one).mean == 3);
    CHECK(std::isnan(blocked(one).error));
    CHECK(blocked(two).mean == 1.5);
    CHECK_THAT(blocked(two).error, WithinRel(0.5, 1e-15));  // sqrt(2 0.5^2 / 1 / 2)
    CHECK_THROWS_WITH(blocked(std::vector<double>{}),
                      "blocked: a series is empty, but it must have values");
    CHECK_THROWS_WITH(blocked(unequal),
                      "blocked: series of 1 and 2 values came, but their lengths must be equal");
}

TEST_CASE("a t deviate becomes the normal deviate of its tail", "[compare][oracle]") {
    // 97.5 % points: t of 9 degrees 2.262157162740992, normal 1.959963984540054 (any table)
    CHECK_THAT(normal_deviate(2.262157162740992, 1, 10), WithinAbs(1.959963984540054, 1e-9));
    CHECK_THAT(normal_deviate(-2.262157162740992, 1, 10), WithinAbs(-1.959963984540054, 1e-9));
    CHECK(normal_deviate(0, 1, 10) == 0);
    CHECK(normal_deviate(0, 0, 10) == 0);
    CHECK(std::isfinite(normal_deviate(1e9, 1e-9, 1000)));
    CHECK_THROWS_AS(normal_deviate(1, 1, 1), invalid_argument);
}

TEST_CASE("series that come one by one are those that come together", "[compare]") {
    std::mt19937 rng{7};
    std::vector<std::vector<double>> series;
    blocking one_by_one;
    for (int r = 0; r < 5; ++r) {
        series.push_back(autoregressive(100, 0.8, 1, rng));
        one_by_one.add(series.back());
    }

    const auto together = blocked(series), last = one_by_one.result();

    CHECK(one_by_one.series() == 5);
    CHECK(one_by_one.length() == 100);
    CHECK(last.mean == together.mean);
    CHECK(last.error == together.error);
    CHECK(last.length == together.length);
}

TEST_CASE("the error of uncorrelated values is the textbook's", "[compare][oracle]") {
    // 16 values: no longer blocks are looked at, so that error^2 = sum (v - mean)^2 / (n - 1) / n
    blocking all;
    double sum = 0, squares = 0;
    for (int k = 0; k < 8; ++k) {
        const double a = k * k, b = 3 - k;
        all.add({a, b});
        sum += a + b;
        squares += a * a + b * b;
    }

    const double mean = sum / 16;
    CHECK_THAT(all.result().mean, WithinRel(mean, 1e-14));
    CHECK_THAT(all.result().error,
               WithinRel(std::sqrt((squares - 16 * mean * mean) / 15 / 16), 1e-13));
    CHECK_THROWS_WITH(blocking{}.result(), "blocked: no series came, but at least one is needed");
}
