// SPDX-License-Identifier: MIT
// When branches of cycles and curves of homoclinic orbits go on for ever.
#include "homoclinic_end.hpp"

#include <cmath>

#include "catch.hpp"

using moebius::detail::repeated_folds;
using moebius::detail::repeated_turns;

TEST_CASE("folds repeat once they stand still, a turn of the same time apart", "[cycles]") {
    const double time = GENERATE(14.0, -14.0, 0.0);
    repeated_folds folds(1e-8);
    int seen = 0;
    for (int k = 0; k < 30 && !folds.repeat(); ++k, ++seen)
        folds.add(100 + time * k / 2, (k % 2 == 0 ? 1 : 2) + std::pow(0.1, k));

    CHECK(folds.repeat() == (time > 0));  // the period grows
    if (time > 0) CHECK(seen > 8);        // 0.1^6 is the first change below 1e-6
}

TEST_CASE("folds whose periods grow unevenly do not repeat", "[cycles]") {
    repeated_folds folds(1e-8);
    for (int k = 0; k < 30; ++k) folds.add(std::pow(1.1, k), k % 2);

    CHECK_FALSE(folds.repeat());
}

TEST_CASE("a curve snakes if its turns come to rest apart, and not if it spirals", "[cycles]") {
    const double inner = GENERATE(0.2, 0.0);
    repeated_turns turns;
    for (int k = 0; k < 12 && !turns.repeat(); ++k)
        turns.add((k % 2 == 0 ? 1 : -1) * (inner + std::pow(0.6, k)));

    CHECK(turns.repeat() == (inner > 0));
}

TEST_CASE("a curve snakes as well if its turns come to rest farther out, or one way", "[cycles]") {
    const double way = GENERATE(-1.0, 1.0);
    repeated_turns turns;
    for (int k = 0; k < 12; ++k) {
        const double before = k % 2 == 0 ? 1 : -way;
        turns.add((k % 2 == 0 ? 1 : -1) - 0.3 * before * std::pow(0.6, k));
    }

    CHECK(turns.repeat());
}

TEST_CASE("a curve whose turns go on does not snake", "[cycles]") {
    const double growth = GENERATE(1.0, 1.1);  // by as much, or by more each time
    repeated_turns turns;
    for (int k = 0; k < 12; ++k) turns.add(std::pow(growth, k) * k + (k % 2 == 0 ? 100 : -100));

    CHECK_FALSE(turns.repeat());
}
