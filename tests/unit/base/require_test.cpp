// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <string>

using namespace moebius;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <typename Check>
std::string sentence(Check check) {
    try {
        check(require("test"));
    } catch (const invalid_argument& e) {
        return e.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a requirement lets pass what it allows, NaN never", "[require]") {
    const require test("test");
    CHECK_NOTHROW(test.finite("x", -3)
                      .positive("x", infinity)
                      .positive_and_finite("x", 1e-300)
                      .not_negative("x", 0)
                      .share("x", 0)
                      .share("x", 1)
                      .at_least("n", 2, 2));
    for (const double bad : {not_a_number, infinity}) {
        CHECK_THROWS_AS(test.finite("x", bad), invalid_argument);
        CHECK_THROWS_AS(test.positive_and_finite("x", bad), invalid_argument);
        CHECK_THROWS_AS(test.not_negative("x", bad), invalid_argument);
        CHECK_THROWS_AS(test.share("x", bad), invalid_argument);
    }
    CHECK_THROWS_AS(test.positive("x", not_a_number), invalid_argument);
    CHECK_THROWS_AS(test.positive("x", 0), invalid_argument);
    CHECK_THROWS_AS(test.positive_and_finite("x", 0), invalid_argument);
    CHECK_THROWS_AS(test.not_negative("x", -1e-300), invalid_argument);
    CHECK_THROWS_AS(test.share("x", 1.0000001), invalid_argument);
}

TEST_CASE("a requirement that is broken says where, what came and what is needed", "[require]") {
    CHECK(sentence([](const require& r) { r.positive_and_finite("beta", -1); }) ==
          "test: beta is -1, but it must be > 0 and finite");
    CHECK(sentence([](const require& r) { r.at_least("experts", 1, 2); }) ==
          "test: experts is 1, but it must be >= 2");
}
