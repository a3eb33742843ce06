// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/base/rotation.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("a rotation is told by its cycles and read back", "[base][rotation]") {
    const auto wave = turning(1, 4, 6);
    CHECK(to_string(wave) == "(2 3 4 5)");
    CHECK(wave.order() == 4);
    CHECK(rotation_from("(2 3 4 5)", 6) == wave);
    CHECK(to_string(squared(wave)) == "(2 4)(3 5)");
    CHECK(squared(wave).order() == 2);
    CHECK(squared(squared(wave)) == rotation{});
    CHECK(rotation{}.order() == 1);
    CHECK(to_string(squared(turning(0, 3, 3))) == "(1 3 2)");
}

TEST_CASE("a rotation refuses what is no permutation", "[base][rotation][error]") {
    for (const auto* text : {"", "(1)", "(1 2", "1 2", "(1 2)(2 3)", "(1 5)", "(0 1)", "(1 2) ",
                             "(1  2)", "(1 99999999999999999999)", "(1 2)(3 4 5)"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(rotation_from(text, 4), invalid_argument);
    }
    CHECK_THROWS_WITH(rotation_from("(1 2)(3 4 5)", 5),
                      ContainsSubstring("the longest cycle must be a multiple of each"));
}
