// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/dynamics/gap_table.hpp>
#include <moebius/model/token_response.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// Tokens in three clumps, one of them far out: a response of several steps.
models::token_response clumped_tokens() {
    return models::token_response(
        {{{-3, 0.25, 0}, {0.1, 0.5, 0}, {2, 0.25, 0}}, noise_law::gumbel});
}

}  // namespace

TEST_CASE("a gap table meets the model within its tolerance and never falls",
          "[dynamics][property]") {
    const double beta = GENERATE(0.5, 8.0, 40.0);
    const auto model = clumped_tokens();
    auto at = problem_of(model);
    at.set("beta", beta);
    at.set("decay", 0.3);
    at.set("bias", 2);  // must not matter

    const gap_table gap(at, -6, 7);

    double before = -1;
    for (double x = -6; x <= 7; x += 1.3e-3) {  // in step with no grid of 2^k cells
        REQUIRE_THAT(gap(x), WithinAbs(model.mean_gap(x, beta), gap_table::tolerance));
        REQUIRE(gap(x) >= before - 1e-15);  // rounding of a polynomial of numbers below 1
        before = gap(x);
    }
    CHECK(gap(-100) == gap(-6));
    CHECK(gap(100) == gap(7));
}

TEST_CASE("gap_table names what was wrong", "[dynamics][error]") {
    const auto at = problem_of(clumped_tokens());
    auto steep = at;
    steep.set("beta", 1e9);

    CHECK_THROWS_WITH(gap_table(at, 1, 1),
                      "gap_table: the range is 1 to 1, but it must be finite and go upwards");
    CHECK_THROWS_WITH(gap_table(steep, -6, 7),
                      "gap_table: the load gap is too steep to be tabulated, but 2^20 cells must "
                      "resolve it");
}
