// SPDX-License-Identifier: MIT
#include <moebius/base/partition.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("groups are a partition when each member is in exactly one", "[base][grouping]") {
    CHECK(is_partition(one_group(4), 4));
    CHECK(is_partition(singletons(4), 4));
    CHECK(is_partition(grouping_from("2,4 1,3"), 4));
    CHECK(is_partition({}, 0));

    CHECK_FALSE(is_partition(one_group(4), 3));
    CHECK_FALSE(is_partition(one_group(4), 5));
    CHECK_FALSE(is_partition({{{0, 1}, {1, 2}}}, 3));
    CHECK_FALSE(is_partition({{{0}, {2}}}, 3));
    CHECK_FALSE(is_partition({}, 1));
}
