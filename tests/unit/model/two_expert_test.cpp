// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("the two-expert model folds where cosh^2 y = mu", "[model][oracle]") {
    const double y = GENERATE(-2.0, -0.5, 0.25, 1.0, 1.75);
    const double beta = GENERATE(0.5, 1.0, 8.0), decay = GENERATE(0.25, 1.0);
    const double feedback = 2 * decay / beta * std::pow(std::cosh(y), 2);
    const double bias = 2 * decay / beta * (y - std::sinh(2 * y) / 2);
    const double x = 2 * y / beta, v = 1, q[4] = {0, 0, 0, 0};
    const double p[4] = {feedback, decay, beta, bias};
    const auto model = field_of<models::two_expert>();

    double f[4];
    model->along(view(x), p, view(v), q, f);

    const double rounding = 1e-15 * (feedback + decay * std::abs(x));
    CHECK_THAT(f[0], WithinAbs(0.0, rounding));
    CHECK_THAT(f[1], WithinAbs(0.0, rounding * beta));
}
