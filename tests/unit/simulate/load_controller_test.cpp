// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/registry.hpp>
#include <moebius/simulate/replicas.hpp>
#include <moebius/simulate/router_loop.hpp>
#include <numbers>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

/// The times between rises of x = s1 - s2 through 0, in batches, of a loop of two experts.
double mean_period(double feedback, const load_controller& controller, double step,
                   std::size_t batches) {
    closed_loop loop(no_tokens(2), {.tokens = 65536, .seed = 5}, {0.5, 0});
    const feedback_rule rule{.feedback = feedback, .step = step, .controller = controller};
    const auto x = [&] {
        return loop.scores()[0] - loop.scores()[1] + loop.control_scores()[0] -
               loop.control_scores()[1];
    };
    const auto settle = static_cast<std::size_t>(60 / step);
    double first = -1, last = -1, before = x();
    std::size_t rises = 0;
    bool low = false;  // noise must not count one passage twice
    for (std::size_t t = 0; t < settle + batches; ++t) {
        loop.advance(rule);
        const double now = x();
        if (now < -0.2) low = true;
        if (t > settle && low && before < 0 && now >= 0) {
            last = static_cast<double>(t) + before / (before - now);
            if (first < 0)
                first = last;
            else
                ++rises;
            low = false;
        }
        before = now;
    }
    return rises > 0 ? (last - first) / static_cast<double>(rises) : 0;
}

}  // namespace

TEST_CASE("each law of a controller moves its scores as written", "[controller][oracle]") {
    const std::vector<double> loads{0.5, 0.25, 0.2, 0.05};
    std::vector<double> b{0.1, 0, 0, -0.2};

    control({control_law::integral, 2, 0.5}, 0.1, loads, b);
    const double want[4] = {0.1 - 0.1 * (2 * 0.25 + 0.5 * 0.1), 0, 0.1 * 2 * 0.05,
                            -0.2 + 0.1 * (2 * 0.2 + 0.5 * 0.2)};
    for (std::size_t e = 0; e < 4; ++e) CHECK_THAT(b[e], WithinAbs(want[e], 1e-15));

    b = {0, 0, 0, 0};
    control({control_law::sign, 0.01}, 0.1, loads, b);
    CHECK(b == std::vector<double>{-0.01, 0, 0.01, 0.01});

    b = {0, 0, 0, 0};
    control({control_law::centred_sign, 0.01}, 0.1, loads, b);
    CHECK(b == std::vector<double>{-0.0125, -0.0025, 0.0075, 0.0075});

    b = {1, 2, 3, 4};
    control({}, 0.1, loads, b);
    CHECK(b == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("a controlled loop balances what the free one loses", "[controller][oracle]") {
    // Two experts, K = 2.3: the free loop collapses beyond 2, the controlled one oscillates beyond
    // 2 + gain = 2.5 (docs/theory.md section 5).
    simulate_options options{.loop = {.tokens = 4096, .seed = 2}, .scores = {1, 0}};
    feedback_rule rule{.feedback = 2.3, .step = 0.05};

    const auto free = simulate(no_tokens(2), rule, options);
    rule.controller = {control_law::integral, 0.5};
    const auto held = simulate(no_tokens(2), rule, options);

    CHECK(std::abs(free.summary.at("gap_mean")[0]) > 0.4);
    CHECK(std::abs(held.summary.at("gap_mean")[0]) < 0.01);
    // The leftovers of the feedback are the controller's: x = 0 with z = -b.
    CHECK_THAT(
        held.summary.at("score_1_mean")[0] - held.summary.at("score_2_mean")[0],
        WithinAbs(held.summary.at("control_2_mean")[0] - held.summary.at("control_1_mean")[0],
                  0.02));
}

TEST_CASE("beyond the Hopf point the loop keeps the period of the cycle", "[controller][oracle]") {
    // gain .5, no leak, K = 3.2: the cycle of the ODE has the period 15.08 (collocation); in
    // batches of 0.02 the map shifts it by less than 1 %.
    const double period = 0.02 * mean_period(3.2, {control_law::integral, 0.5}, 0.02, 12'000);

    CHECK_THAT(period, WithinRel(15.08, 0.01));
}

TEST_CASE("the sign rule acts like the integral rule that its noise makes of it",
          "[controller][oracle]") {
    // gamma = u sqrt(2/pi)/(step sigma), sigma^2 = (1/N)(1 - 1/N)/T: with u such that gamma = .5,
    // K = 2.3 is balanced (2.5 is the Hopf point) and without the rule it is not.
    const double step = 0.05, tokens = 1024, sigma = std::sqrt(0.25 / tokens);
    const double u = 0.5 * step * sigma / std::sqrt(2 / std::numbers::pi);
    simulate_options options{.loop = {.tokens = 1024, .seed = 4}};
    feedback_rule rule{.feedback = 2.3, .step = step};
    for (const auto law : {control_law::sign, control_law::centred_sign}) {
        rule.controller = {law, u};
        const auto held = simulate(no_tokens(2), rule, options);
        CAPTURE(to_string(law), held.summary.at("gap_mean")[0], held.summary.at("gap_variance")[0]);
        CHECK(std::abs(held.summary.at("gap_mean")[0]) < 0.02);
        CHECK(held.summary.at("gap_variance")[0] < 0.02);
    }
}

TEST_CASE("every router runs under a controller, the plain one as closed_loop",
          "[controller][router]") {
    const feedback_rule rule{
        .feedback = 3, .step = 0.05, .controller = {control_law::integral, 0.4, 0.1}};
    simulate_options options{.loop = {.tokens = 500, .seed = 3}, .burn_in = 20, .steps = 50};
    const auto source = no_tokens(4);

    const auto plain = simulate(source, rule, options);
    const auto routed = simulate(source, make_router("top-1", 1, noise_law::gumbel), rule, options);

    CHECK(plain.records.names == routed.records.names);
    CHECK(plain.records.columns == routed.records.columns);
    CHECK(plain.records.at("control_4").size() == 50);
}

TEST_CASE("a controller says what it does not take", "[controller]") {
    closed_loop loop(no_tokens(2), {.tokens = 10});
    const auto with = [](load_controller c) { return feedback_rule{.step = 0.5, .controller = c}; };
    CHECK_THROWS_WITH(loop.advance(with({control_law::integral, -1})),
                      "controller: gain is -1, but it must be >= 0 and finite");
    CHECK_THROWS_WITH(loop.advance(with({control_law::integral, 1, -0.1})),
                      "controller: leak is -0.1, but it must be >= 0 and finite");
    CHECK_THROWS_AS(loop.advance(with({control_law::sign, 1, 0.1})), invalid_argument);
    CHECK_THROWS_AS(loop.advance(with({control_law::none, 1})), invalid_argument);
    CHECK_THROWS_AS(loop.advance(with({control_law::integral, 1, 3})), invalid_argument);
    CHECK_THROWS_AS(control_law_from_name("integrla"), invalid_argument);
    CHECK(control_law_from_name("centred-sign") == control_law::centred_sign);
}
