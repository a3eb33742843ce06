// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/router/load_metrics.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("load metrics are what a hand finds", "[load_metrics][oracle]") {
    const auto m = measure_load(std::vector{0.5, 0.0, 0.25, 0.25}, 0.25);

    // Deviations from 1/4: 1/4, -1/4, 0, 0. Gini: mean |difference| over pairs / (2 mean) with
    // differences 1/2, 1/4, 1/4, 1/4, 1/4, 0, each twice, of 16 pairs.
    CHECK_THAT(m.variation, WithinAbs(std::sqrt(2.0 / 16 / 4) / 0.25, 1e-15));
    CHECK(m.largest == 0.5);
    CHECK_THAT(m.entropy, WithinAbs(1.5 * std::log(2.0) / std::log(4.0), 1e-15));
    CHECK_THAT(m.gini, WithinAbs(2 * 1.5 / 16 / (2 * 0.25), 1e-15));
    CHECK(m.dead == 3);
    CHECK(measure_load(std::vector{0.5, 0.0, 0.25, 0.25}).dead == 1);
}

TEST_CASE("even loads and collapsed ones are the ends of each metric", "[load_metrics][oracle]") {
    const std::size_t n = GENERATE(as<std::size_t>{}, 2, 7, 256);
    std::vector<double> even(n, 3.0), collapsed(n);
    collapsed[n / 2] = 11;
    const double count = static_cast<double>(n);

    const auto low = measure_load(even), high = measure_load(collapsed);

    CHECK_THAT(low.variation, WithinAbs(0.0, 1e-14));
    CHECK_THAT(low.largest, WithinRel(1 / count, 1e-14));
    CHECK_THAT(low.entropy, WithinAbs(1.0, 1e-14));
    CHECK_THAT(low.gini, WithinAbs(0.0, 1e-14));
    CHECK(low.dead == 0);
    CHECK_THAT(high.variation, WithinRel(std::sqrt(count - 1), 1e-14));
    CHECK(high.largest == 1);
    CHECK(high.entropy == 0);
    CHECK_THAT(high.gini, WithinAbs(1 - 1 / count, 1e-14));
    CHECK(high.dead == n - 1);
}

TEST_CASE("counts and shares measure alike, however large", "[load_metrics][property]") {
    const auto shares = measure_load(std::vector{0.1, 0.2, 0.7});
    const auto counts = measure_load(std::vector{1e307, 2e307, 7e307});

    CHECK_THAT(counts.variation, WithinRel(shares.variation, 1e-14));
    CHECK_THAT(counts.entropy, WithinRel(shares.entropy, 1e-14));
    CHECK_THAT(counts.gini, WithinRel(shares.gini, 1e-14));
}

TEST_CASE("one expert is even, and no assignments leave all experts dead", "[load_metrics]") {
    const auto one = measure_load(std::vector{1.0});
    const auto none = measure_load(std::vector<double>(3));

    CHECK(one.entropy == 1);
    CHECK(one.gini == 0);
    CHECK(one.largest == 1);
    CHECK(none.dead == 3);
    CHECK(none.largest == 0);
    CHECK(none.variation == 0);
    CHECK(none.entropy == 1);
}

TEST_CASE("measure_load says what is no load", "[load_metrics][error]") {
    const double not_a_number = std::numeric_limits<double>::quiet_NaN();

    CHECK_THROWS_WITH(measure_load({}),
                      "measure_load: no experts came, but at least one is needed");
    CHECK_THROWS_WITH(measure_load(std::vector{0.5, -0.5}),
                      "measure_load: a load is -0.5, but it must be >= 0 and finite");
    CHECK_THROWS_WITH(measure_load(std::vector{not_a_number}),
                      "measure_load: a load is nan, but it must be >= 0 and finite");
    CHECK_THROWS_WITH(measure_load(std::vector{1.0}, -1),
                      "measure_load: dead_limit is -1, but it must be >= 0");
}
