// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/compare/verdict.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("a verdict fails by many small deviations or few large ones", "[compare]") {
    CHECK(verdict_on(std::vector<double>{0.5, -1, 1.2}, 0, 0, 1e-3).agrees);
    CHECK_FALSE(verdict_on(std::vector<double>(20, 1.8), 0, 0, 1e-3).agrees);
    CHECK_FALSE(verdict_on(std::vector<double>{0, 0, 0, 3.1, -3.2}, 0, 0, 1e-3).agrees);
    CHECK_FALSE(verdict_on(std::vector<double>{0, std::nan("")}, 0, 0, 1e-3).agrees);
    CHECK_FALSE(verdict_on(std::vector<double>{0}, 0, 1, 1e-3).agrees);
    CHECK_FALSE(verdict_on({}, 0, 0, 1e-3).agrees);
}

TEST_CASE("settings that allow no verdict are the verdict", "[compare]") {
    const auto v = verdict_on(std::vector<double>{0, 0}, 5, 0, 1e-3, "settle must be 90 or more");
    CHECK_FALSE(v.agrees);
    CHECK(v.sentence == "nothing is judged: settle must be 90 or more");
}

TEST_CASE("what is judged beside deviates fails a verdict, and is told whatever they say",
          "[compare]") {
    const std::vector<double> fine{0.5, -1, 1.2};
    const other_evidence lacks{false, "2 of 3 states met"}, whole{true, "3 of 3 states met"};
    CHECK(verdict_on(fine, 0, 0, 1e-3, {}, whole).agrees);
    CHECK_THAT(verdict_on(fine, 0, 0, 1e-3, {}, whole).sentence,
               ContainsSubstring("agree: 3 of 3 states met; 3 points, "));
    CHECK_FALSE(verdict_on(fine, 0, 0, 1e-3, {}, lacks).agrees);
    CHECK_THAT(verdict_on(fine, 0, 0, 1e-3, {}, lacks).sentence,
               ContainsSubstring("disagree: 2 of 3 states met; 3 points, "));
    CHECK(verdict_on(fine, 0, 0, 1e-3, "too short", lacks).sentence ==
          "nothing is judged: too short; 2 of 3 states met");
}

TEST_CASE("the deviate of a chance is that of both tails", "[compare][oracle]") {
    CHECK_THAT(deviate_of(1), WithinAbs(0, 1e-15));
    CHECK_THAT(deviate_of(0.0026997960632601866), WithinAbs(3, 1e-9));
    CHECK(deviate_of(0) > 37);
}

TEST_CASE("ranks tell how unlike two samples are", "[compare][oracle]") {
    const std::vector<double> low{1, 2, 3}, high{4, 5, 6, 7};
    // U = 12 of 12, mean 6, variance 3 x 4 x 8/12 = 8
    CHECK_THAT(rank_deviate(high, low), WithinRel(6 / std::sqrt(8), 1e-12));
    CHECK(rank_deviate(low, high) == -rank_deviate(high, low));
    // 1, 2, 2 and 2, 3: ranks 1, 3, 3, 3, 5; the first sum to 7, their mean 9; t^3 - t = 24
    const double variance = 3 * 2 / 12.0 * (6 - 24 / 20.0);
    CHECK_THAT(rank_deviate(std::vector<double>{1, 2, 2}, std::vector<double>{2, 3}),
               WithinRel(-2 / std::sqrt(variance), 1e-12));
    CHECK(rank_deviate(std::vector<double>{1, 1}, std::vector<double>{1}) == 0);
    CHECK_THROWS_AS(rank_deviate({}, low), invalid_argument);
}
