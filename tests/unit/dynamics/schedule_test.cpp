// SPDX-License-Identifier: MIT
#include <moebius/dynamics/schedule.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("a schedule ramps evenly to the end of each leg and holds", "[dynamics]") {
    const schedule plan{"bias", 1, {{3, 4, 0}, {3, 5, 2}, {0, 1, 0}}};

    CHECK(plan.value(0, 0) == 1.5);
    CHECK(plan.value(0, 3) == 3);
    CHECK(plan.value(1, 0) == 3);
    CHECK(plan.value(1, 4) == 3);
    CHECK(plan.value(2, 0) == 0);
    CHECK(plan.batches() == 10);
    CHECK(plan.plateaus() == 1);
}

TEST_CASE("a passage is crossed from its own side", "[dynamics]") {
    CHECK(passage{1, 1}.crossed(1.5));
    CHECK_FALSE(passage{1, 1}.crossed(0.5));
    CHECK(passage{1, -1}.crossed(0.5));
    CHECK_FALSE(passage{1, -1}.crossed(1.5));
}

TEST_CASE("a schedule that cannot be run says why", "[dynamics][error]") {
    CHECK_THROWS_WITH((schedule{"bias", 0, {}}.check()),
                      "schedule: it has no legs, but at least one is needed");
    CHECK_THROWS_WITH((schedule{"bias", 0, {{1, 0, 0}}}.check()),
                      "schedule: a leg has no batches, but it needs at least one");
    CHECK_THROWS_WITH((schedule{"bias", 0, {{1, 3, 4}}}.check()),
                      "schedule: 4 batches of 3 are measured, but no more than all can be");
}
