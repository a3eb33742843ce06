// SPDX-License-Identifier: MIT
#include <moebius/logs/load_log.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("loads are counts if none has a fraction, however large they are", "[logs]") {
    // from 2^52 on doubles are whole, but a sum with 2^52 rounds the odd ones
    constexpr double large = 0x1p52 + 1;

    CHECK(are_counts({}));
    CHECK(are_counts(std::vector{0.0, 1.0, 0x1p52 - 1}));
    CHECK(are_counts(std::vector{large, 3.0, 0x1p53 - 1, 1e300}));
    CHECK_FALSE(are_counts(std::vector{0.5}));
    CHECK_FALSE(are_counts(std::vector{large, 3.0, 0x1p51 + 0.5}));
    CHECK_FALSE(are_counts(std::vector{1.0, 2.0, 1e-300}));
}
