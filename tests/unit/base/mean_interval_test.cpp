// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/mean_interval.hpp>
#include <vector>

using namespace moebius;

TEST_CASE("Student's interval of three numbers by hand", "[mean_interval]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<double> values{1, nan, 2, 3};
    const auto over = interval_of_mean(values);
    CHECK(over.count == 3);
    CHECK(over.mean == Approx(2));
    CHECK(over.deviation == Approx(1));
    // the 0.975 quantile of t with 2 degrees of freedom is 4.302653
    CHECK(over.high - over.mean == Approx(4.302653 / std::sqrt(3)));
    CHECK(over.mean - over.low == Approx(4.302653 / std::sqrt(3)));
}

TEST_CASE("too few numbers have no interval", "[mean_interval]") {
    CHECK(std::isnan(interval_of_mean({}).mean));
    const std::vector<double> one{4};
    CHECK(interval_of_mean(one).mean == 4);
    CHECK(std::isnan(interval_of_mean(one).low));
    CHECK_THROWS_WITH(interval_of_mean(one, 1),
                      "interval_of_mean: a level of 1 came, but it must be in (0, 1)");
}
