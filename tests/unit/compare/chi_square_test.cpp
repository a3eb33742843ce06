// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/compare/chi_square.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("the law of two squares is exponential, that of one the error function", "[chi_square]") {
    for (const double sum : {0.1, 2.0, 30.0}) {
        CHECK(chi_square_p(sum, 2) == Approx(std::exp(-sum / 2)).epsilon(1e-13));
        CHECK(chi_square_p(sum, 1) == Approx(std::erfc(std::sqrt(sum / 2))).epsilon(1e-13));
    }
    CHECK(chi_square_p(0, 0) == 1);
    CHECK(chi_square_p(-1e-12, 3) == 1);
    CHECK(chi_square_p(std::numeric_limits<double>::infinity(), 3) == 0);
    CHECK(chi_square_p(std::numeric_limits<double>::quiet_NaN(), 3) == 0);
}
