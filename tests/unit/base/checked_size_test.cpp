// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cstdint>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>

using namespace moebius;

TEST_CASE("sizes are multiplied and added without wrapping round", "[checked_size]") {
    CHECK(checked_product("here", {3, 4, 5}) == 60);
    CHECK(checked_product("here", {SIZE_MAX, 0}) == 0);
    CHECK(checked_sum("here", {3, 4}) == 7);
    const std::size_t half = std::size_t{1} << 32;  // its square is 0 of 64 bits
    CHECK_THROWS_WITH(checked_product("here", {half, half}),
                      "here: 4294967296 times 4294967296 numbers came, but 2^44 are the most");
    CHECK_THROWS_AS(checked_sum("here", {SIZE_MAX, 1}), invalid_argument);
}

TEST_CASE("a result that no reader would take is refused before it is made", "[checked_size]") {
    CHECK_NOTHROW(check_result_size("sweep", "grid points", most_result_values / 8, 8));
    CHECK_NOTHROW(check_result_size("sweep", "grid points", most_result_values, 0));
    CHECK_THROWS_WITH(check_result_size("sweep", "grid points", most_result_values / 8 + 1, 8),
                      "sweep: 8388609 grid points of 8 numbers came, but a result has at most "
                      "67108864 numbers");
}
