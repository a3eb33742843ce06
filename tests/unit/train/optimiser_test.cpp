// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <moebius/train/optimiser.hpp>
#include <vector>

using namespace moebius;

namespace {

/// Parameters after some steps down the same gradient.
std::vector<double> after(const optimiser_options& options, std::vector<double> parameters,
                          const std::vector<double>& gradient, int steps) {
    std::vector<double> kept(moments(options) * parameters.size());
    for (int t = 0; t < steps; ++t)
        descend(options, static_cast<std::uint64_t>(t), kept, gradient, parameters);
    return parameters;
}

}  // namespace

TEST_CASE("plain descent and momentum by hand", "[optimiser]") {
    optimiser_options options{.rate = 0.1};
    CHECK(after(options, {1, 2}, {3, -1}, 2)[0] == Approx(1 - 0.6));
    CHECK(after(options, {1, 2}, {3, -1}, 2)[1] == Approx(2 + 0.2));
    options.momentum = 0.5;  // v = 3, then 4.5
    CHECK(after(options, {1}, {3}, 2)[0] == Approx(1 - 0.1 * 7.5));
    options.momentum = 0;
    options.weight_decay = 0.5;  // g = 3 + 0.5
    CHECK(after(options, {1}, {3}, 1)[0] == Approx(1 - 0.35));
}

TEST_CASE("a constant gradient moves Adam by its rate each step", "[optimiser]") {
    optimiser_options options{.kind = optimiser_kind::adam, .rate = 0.01};
    // mean/bias = g and square/bias = g^2 at every step: the move is rate sign(g).
    CHECK(after(options, {1, 1}, {5, -2e-3}, 7)[0] == Approx(1 - 0.07));
    CHECK(after(options, {1, 1}, {5, -2e-3}, 7)[1] == Approx(1 + 0.07).epsilon(1e-5));
}

TEST_CASE("AdamW takes decay off the parameter, Adam adds it to the gradient", "[optimiser]") {
    optimiser_options options{.kind = optimiser_kind::adamw, .rate = 0.01, .weight_decay = 0.5};
    CHECK(after(options, {2}, {1}, 1)[0] == Approx(2 * (1 - 0.005) - 0.01));
    options.kind = optimiser_kind::adam;
    CHECK(after(options, {2}, {1}, 1)[0] == Approx(2 - 0.01));
}

TEST_CASE("optimisers by name, and what they do not take", "[optimiser][error]") {
    CHECK(optimiser_from_name("adamw") == optimiser_kind::adamw);
    CHECK_THROWS_WITH(optimiser_from_name("adan"),
                      ContainsSubstring("'adan' is unknown") && ContainsSubstring("adam"));
    CHECK_THROWS_WITH(check(optimiser_options{.momentum = 1}),
                      "optimiser: momentum is 1, but it must be in [0, 1)");
}
