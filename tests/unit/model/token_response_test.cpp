// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/model/token_response.hpp>

#include "catch.hpp"

using namespace moebius;
using models::token_response;

TEST_CASE("one token without margin is the two-expert model", "[model][oracle]") {
    const auto tokens = field_of(token_response({{{0, 1, 0}}, noise_law::gumbel}));
    const auto exact = field_of<models::two_expert>();
    const double x = GENERATE(-3.0, 0.0, 0.7), v = 1;
    const double p[4] = {3, 0.5, 2, 0.1}, q[4] = {0.3, -0.2, 0.4, 1};
    double a[4], b[4];

    tokens->along(view(x), p, view(v), q, a);
    exact->along(view(x), p, view(v), q, b);

    for (int k = 0; k < 4; ++k) CHECK_THAT(a[k], WithinAbs(b[k], 1e-14));  // order-one terms
}

TEST_CASE("a token response's own derivatives are those of its jets", "[model][property]") {
    const auto noise = GENERATE(noise_law::gumbel, noise_law::logistic, noise_law::gaussian);
    const double width = noise == noise_law::gaussian ? 0.6 : 0;
    const auto model =
        field_of(token_response({{{-1.2, 0.5, 0}, {0.4, 0.3, width}, {2, 0.2, 0}}, noise}));
    const double x = 0.35, p[4] = {3, 0.5, 2, 0.1};
    double f, fx, fp[4], out[4];

    model->linear(view(x), p, view(f), view(fx), fp);

    for (std::size_t j = 0; j < 5; ++j) {
        double v = j == 0, q[4] = {};
        if (j > 0) q[j - 1] = 1;
        model->along(view(x), p, view(v), q, out);
        CHECK_THAT(f, WithinAbs(out[0], 1e-14));
        CHECK_THAT(j == 0 ? fx : fp[j - 1], WithinAbs(out[1], 1e-14));  // order-one terms
    }
}

TEST_CASE("a Gaussian margin is the mean over its points", "[model][oracle]") {
    const double center = 0.3, width = 0.8, x = 0.5, beta = 2;
    const auto noise = GENERATE(noise_law::gaussian, noise_law::none);
    const token_response wide({{{center, 1, width}}, noise});

    double mean = 0;  // trapezoidal rule, spectrally accurate for the smooth case
    const int points = 4001;
    const double step = 20.0 / (points - 1);
    for (int i = 0; i < points; ++i) {
        const double z = -10 + step * i;
        mean += step * std::exp(-z * z / 2) / std::sqrt(2 * M_PI) *
                gap(noise, beta * (center + width * z + x));
    }

    // without noise the integrand is a sign, which costs the rule one cell of weight
    CHECK_THAT(wide.mean_gap(x, beta), WithinAbs(mean, noise == noise_law::none ? step : 1e-13));
}

TEST_CASE("a response without derivative is refused", "[model][error]") {
    REQUIRE_THROWS_WITH(token_response({{{0.1, 1, 0}}, noise_law::none}),
                        "token-response: the noise is none and a margin is a single value, but the "
                        "load is then a step without derivative: choose another noise");
    REQUIRE_THROWS_WITH(token_response({{}, noise_law::gumbel}),
                        "token-response: no margins came, but at least one token is needed");
}
