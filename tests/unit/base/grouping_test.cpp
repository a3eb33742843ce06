// SPDX-License-Identifier: MIT
#include <moebius/base/grouping.hpp>

#include <moebius/base/error.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("a grouping is written as ranges and read back", "[grouping]") {
    const grouping some{{{0, 2, 3, 4}, {1}, {5, 6}}};
    CHECK(to_string(some) == "1,3-5 2 6-7");
    CHECK(grouping_from("1,3-5 2 6-7") == some);
    CHECK(grouping_from(to_string(one_group(1024))) == one_group(1024));
    CHECK(grouping_from("") == grouping{});
    const auto bad = GENERATE("1,2 2", "2-3", "1,", "1 ", "0-1", "x", "1  2", "3-1 2");
    CHECK_THROWS_AS(grouping_from(bad), invalid_argument);
}

TEST_CASE("a range of a grouping is counted before it is spelt out", "[grouping][error]") {
    CHECK_THROWS_WITH(grouping_from("1-99999999999"),
                      "groups: '1-99999999999' came, but 1048576 members are the most here");
    CHECK_THROWS_AS(grouping_from("1-99999999999999999999999"), invalid_argument);
    CHECK(grouping_from("1-8", 8).members() == 8);
    CHECK_THROWS_AS(grouping_from("1-9", 8), invalid_argument);
    CHECK_THROWS_AS(grouping_from("1-8 1-8 1-8"), invalid_argument);
}

TEST_CASE("splitting takes the first members out", "[grouping]") {
    CHECK(split(one_group(5), 0, 2) == grouping{{{0, 1}, {2, 3, 4}}});
    CHECK_THROWS_WITH(split(one_group(2), 0, 2),
                      "split: 2 of 2 members came, but at least one must leave and one must stay");
}

TEST_CASE("copies are multinomial", "[grouping]") {
    CHECK(copies(one_group(8), split(one_group(8), 0, 3)) == 56);   // 8 over 3
    CHECK(copies(split(one_group(5), 0, 2), singletons(5)) == 12);  // 2! 3!
    CHECK(copies(one_group(3), one_group(3)) == 1);
}
