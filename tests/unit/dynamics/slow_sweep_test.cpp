// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/dynamics/slow_sweep.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// beta = decay = 1, so that mu = feedback / 2, eta = bias / 2 and x = 2 y (docs/theory.md
/// section 2).
problem two_expert(double feedback) {
    auto at = problem_of<models::two_expert>();
    at.set("feedback", feedback);
    return at;
}

constexpr double eta_c = 0.532839975354;           // docs/theory.md section 2: half width at mu = 2
const double fold_y = std::acosh(std::sqrt(2.0));  // mu = cosh^2 y

/// Half of f_xx at the fold of mu = 2: (4 tanh(x/2))''/2 = -tanh(y) / cosh^2(y), y = x/2 > 0.
const double fold_a = std::tanh(fold_y) / 2;

slow_sweep_result bias_loop(double rate) {
    return slow_sweep(two_expert(4), "bias", -1.2, 1.2, std::vector{-4.0}, {.rate = rate});
}

}  // namespace

TEST_CASE("a sweep over bias at mu = 2 jumps once each way, behind its folds",
          "[dynamics][oracle]") {
    const double rate = 1e-4;

    const auto sweep = bias_loop(rate);

    REQUIRE(sweep.status == flow_status::converged);
    REQUIRE(sweep.jumps.size() == 2);
    for (const auto& jump : sweep.jumps) {
        const int side = jump.direction;
        const double delay = side * jump.parameter - 2 * eta_c;
        // what follows the leading order is relatively of order rate^(1/3) = 0.05
        CHECK_THAT(delay, WithinRel(side * swept_fold_delay(1, side * fold_a, side * rate), 0.05));
        CHECK_THAT(jump.from[0], WithinAbs(-side * 2 * fold_y, 1e-8));  // repelled beyond the fold
        CHECK_THAT(jump.at[0], WithinAbs(side * 2 * fold_y, 1e-8));     // f_x = 0 again
        const auto there = two_expert(4);
        const double landing = jump.to[0];
        CHECK_THAT(-landing + 4 * std::tanh(landing / 2) + jump.parameter, WithinAbs(0.0, 1e-13));
    }
    CHECK(sweep.jumps[0].direction == 1);
    CHECK(sweep.jumps[1].direction == -1);
    // the way back retraces the way up, mirrored: the field is odd
    CHECK_THAT(sweep.jumps[0].parameter + sweep.jumps[1].parameter, WithinAbs(0.0, 1e-7));
}

TEST_CASE("the delay behind a fold grows as the 2/3 power of the rate", "[dynamics][oracle]") {
    const std::vector<double> rates{1e-5, 1e-4 / std::sqrt(10.0), 1e-4, 1e-3 / std::sqrt(10.0),
                                    1e-3};
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    double error_before = 0;
    for (const double rate : rates) {
        const auto sweep = bias_loop(rate);
        REQUIRE(sweep.jumps.size() == 2);
        const double delay = sweep.jumps[0].parameter - 2 * eta_c;
        const double error = std::abs(delay / swept_fold_delay(1, fold_a, rate) - 1);
        CHECK(error > error_before);  // the prediction becomes exact as the rate goes to 0
        error_before = error;
        const double x = std::log(rate), y = std::log(delay);
        sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    const double n = static_cast<double>(rates.size());
    const double exponent = (n * sxy - sx * sy) / (n * sxx - sx * sx);

    // The next term is c rate^(1/3) log(rate) relative to the first; it stays below 5 % up to
    // 1e-3, and a term that grows from 0 to 5 % over ln(100) = 4.6 tilts the fit by at most 0.03.
    CHECK(error_before < 0.05);
    CHECK_THAT(exponent, WithinAbs(2.0 / 3, 0.03));
}

TEST_CASE("a sweep's samples show the hysteresis loop and the loads", "[dynamics][property]") {
    const auto sweep = bias_loop(1e-3);

    const auto& samples = sweep.samples;
    REQUIRE(samples.rows() == 802);
    REQUIRE(samples.names ==
            std::vector<std::string>{"direction", "bias", "x", "load_1", "load_2"});
    for (std::size_t k = 0; k < 401; ++k) {
        const std::size_t back = 801 - k;  // the same bias on the way down
        CHECK(samples.at("bias")[k] == Approx(samples.at("bias")[back]).margin(1e-15));
        CHECK(samples.at("load_1")[k] == Approx(1 - samples.at("load_2")[k]));
        if (std::abs(samples.at("bias")[k]) < 2 * eta_c)  // bistable: up is low, down is high
            CHECK(samples.at("x")[k] + 2 * fold_y < samples.at("x")[back]);
    }
}

TEST_CASE("where and whether a sweep jumps does not depend on its samples", "[dynamics]") {
    slow_sweep_options options{.rate = 1e-3, .direction = sweep_direction::up, .samples = 2};
    const auto few = slow_sweep(two_expert(4), "bias", -1.2, 1.2, std::vector{-4.0}, options);
    options.samples = 5000;
    const auto many = slow_sweep(two_expert(4), "bias", -1.2, 1.2, std::vector{-4.0}, options);

    REQUIRE(few.jumps.size() == 1);
    REQUIRE(many.jumps.size() == 1);
    CHECK(few.jumps[0].parameter == many.jumps[0].parameter);
}

TEST_CASE("a steep branch without a fold is no jump", "[dynamics]") {
    // just below the pitchfork the gap turns over within a bias of 0.01, but smoothly
    const auto sweep =
        slow_sweep(two_expert(1.99), "bias", -1, 1, std::vector{-2.0}, {.rate = 0.1});

    REQUIRE(sweep.status == flow_status::converged);
    CHECK(sweep.jumps.empty());
    CHECK(sweep.samples.at("x").back() < 0);  // it came back
}

TEST_CASE("a flight past two repelling bands without rest between them is one jump", "[dynamics]") {
    // Tokens at -1 and 1 let m rise in two steps, at x = 1 and -1, so there are three stable
    // states. A state that ends at one step is carried about `feedback` far: to the middle state
    // while that is less than the steps' distance of 2, past both steps when it is more.
    auto at = problem_of(models::token_response({{{-1, 0.5, 0}, {1, 0.5, 0}}, noise_law::gumbel}));
    at.set("beta", 8);
    const auto jumps_at = [&](double feedback) {
        at.set("feedback", feedback);
        return slow_sweep(at, "bias", -2 * feedback, 2 * feedback, std::vector{-3 * feedback},
                          {.rate = 1e-3, .samples = 2})
            .jumps;
    };

    const auto one_by_one = jumps_at(1.2), through = jumps_at(3.5);

    REQUIRE(one_by_one.size() == 4);
    CHECK(std::abs(one_by_one[0].to[0]) < 1);  // the middle state
    REQUIRE(through.size() == 2);
    CHECK(through[0].from[0] < -1);
    CHECK(through[0].to[0] > 1);
}

TEST_CASE("a sweep over feedback leaves the balanced state and returns to it", "[dynamics]") {
    auto at = two_expert(1);
    at.set("bias", 1e-6);

    const auto sweep = slow_sweep(at, "feedback", 1, 3, std::vector{0.0}, {.rate = 1e-3});

    REQUIRE(sweep.status == flow_status::converged);
    for (const auto& jump : sweep.jumps) {  // a delayed loss of stability, if any, is upward
        CHECK(jump.direction == 1);
        CHECK(jump.parameter > 2);
    }
    CHECK(sweep.samples.at("x")[400] == Approx(2 * 1.287840).epsilon(1e-2));  // y at mu = 1.5
    // y = eta / (1 - mu) of the linear balance, mu = 1/2: x = 2e-6, plus a lag below rate x
    CHECK_THAT(sweep.samples.at("x").back(), WithinAbs(2e-6, 1e-8));
}

TEST_CASE("a state that rests on a repelling branch does not jump", "[dynamics]") {
    // unbiased, x = 0 stays an equilibrium: repelling above feedback = 2, and never left
    const auto sweep =
        slow_sweep(two_expert(1), "feedback", 0.5, 6, std::vector{0.0}, {.rate = 0.01});

    REQUIRE(sweep.status == flow_status::converged);
    CHECK(sweep.samples.at("x") == std::vector<double>(802, 0.0));
    CHECK(sweep.jumps.empty());
}

TEST_CASE("slow_sweep and swept_fold_delay name what was wrong", "[dynamics][error]") {
    const auto at = two_expert(4);
    const std::vector<double> x0{0.0};

    CHECK_THROWS_WITH(slow_sweep(at, "bias", 1, -1, x0),
                      "slow_sweep: the range is 1 to -1, but it must be finite and go upwards; the "
                      "direction is an option");
    CHECK_THROWS_WITH(slow_sweep(at, "bias", -1, 1, x0, {.rate = 0}),
                      "slow_sweep: rate is 0, but it must be > 0 and finite");
    CHECK_THROWS_AS(slow_sweep(at, "bais", -1, 1, x0), invalid_argument);
    CHECK_THROWS_AS(slow_sweep(at, "decay", -1, 1, x0), invalid_argument);  // decay > 0
    CHECK_THROWS_WITH(swept_fold_delay(1, 1, -0.1),
                      "swept_fold_delay: alpha, a, rate are 1, 1, -0.1, but their product must be "
                      "> 0: the sweep must leave the equilibria");
    CHECK(sweep_direction_from_name("down") == sweep_direction::down);
    CHECK_THROWS_AS(sweep_direction_from_name("dwon"), invalid_argument);
}

TEST_CASE("a watch sees a sweep advance and can stop it", "[dynamics]") {
    std::size_t last = 0, calls = 0;
    std::atomic<bool> stop = false;
    const watch counting{[&](std::size_t done, std::size_t total) {
                             CHECK(total == 2000);
                             CHECK(done > last);
                             last = done;
                             if (++calls == 5) stop = true;
                         },
                         &stop};

    const auto whole = slow_sweep(two_expert(4), "bias", -1, 1, std::vector{-4.0});
    try {
        static_cast<void>(
            slow_sweep(two_expert(4), "bias", -1, 1, std::vector{-4.0}, {}, counting));
        FAIL("it was not stopped");
    } catch (const cut_short<slow_sweep_result>& cut) {
        const auto& kept = cut.so_far.samples;
        REQUIRE(kept.rows() > 0);
        REQUIRE(kept.rows() < whole.samples.rows());
        for (std::size_t row = 0; row < kept.rows(); ++row)
            CHECK(kept.at("x")[row] == whole.samples.at("x")[row]);
    }
    CHECK(calls == 5);
}

TEST_CASE("a sweep through a symmetric onset tells where it stays on what repels", "[dynamics]") {
    // equal loads lose their stability at feedback 2, and nothing pushes the state off them
    const auto up = slow_sweep(two_expert(1), "feedback", 1, 4, std::vector{0.0},
                               {.rate = 0.01, .direction = sweep_direction::up, .samples = 31});

    CHECK(up.jumps.empty());
    REQUIRE(up.unstable.size() == 1);
    CHECK(up.unstable[0].direction == 1);
    CHECK(up.unstable[0].from == Approx(2.1));  // the first sample beyond 2
    CHECK(up.unstable[0].to == Approx(4));
    CHECK(up.reached == Approx(4));

    // with a bias the state follows a stable branch, or jumps from the end of one
    auto biased = two_expert(4);
    biased.set("bias", 0.05);
    CHECK(slow_sweep(biased, "feedback", 1, 4, std::vector{0.0}, {.rate = 0.01}).unstable.empty());
    CHECK(slow_sweep(two_expert(4), "bias", -3, 3, std::vector{-4.0}, {.rate = 0.01})
              .unstable.empty());
}
