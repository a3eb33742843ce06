// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/dynamics/noisy_chain.hpp>
#include <moebius/dynamics/slow_sweep.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

problem two_expert_chain(double feedback, double bias) {
    auto at = problem_of<models::two_expert>();
    at.set("feedback", feedback);
    at.set("bias", bias);
    return at;
}

schedule hold(double bias, std::size_t batches, std::size_t measured) {
    return {"bias", bias, {{bias, batches, measured}}};
}

}  // namespace

TEST_CASE("without noise the chain jumps where the slow sweep does", "[dynamics][oracle]") {
    const double rate = 1e-3, step = 0.01;
    const auto at = two_expert_chain(4, 0);
    const auto sweep = slow_sweep(at, "bias", -1.2, 1.2, std::vector{-4.0}, {.rate = rate});
    const auto batches = static_cast<std::size_t>(2.4 / (rate * step));
    const schedule plan{"bias", -1.2, {{1.2, batches, 0}}};
    const double landing = 2 * std::acosh(std::sqrt(2.0));  // f_x = 0 again: sweep_jump::parameter

    const auto chain = noisy_chain(at, plan, -5, std::vector{passage{landing, 1}},
                                   {.step = step, .tokens = 1'000'000'000'000, .members = 2});

    REQUIRE(sweep.jumps.size() == 2);
    // Euler's method is late or early by some steps of rate x step = 1e-5 in bias
    CHECK_THAT(chain.passages[0][0], WithinAbs(sweep.jumps[0].parameter, 5e-5));
}

TEST_CASE("the chain fluctuates around a stable state as the linear theory says",
          "[dynamics][oracle]") {
    const double feedback = GENERATE(1.6, 2.6);  // below and above the threshold of 2
    const auto at = two_expert_chain(feedback, 0.3);
    const double x = settle(at, std::vector{2.0}).state[0];
    double loads[2];
    at.model->loads(view(x), at.parameters, loads);
    const std::size_t batches = 20'000, members = 400;
    const chain_options options{.step = 0.1, .tokens = 32, .members = members};

    const auto theory = linear_noise_at(at, x, options.step, options.tokens);
    const auto chain = noisy_chain(at, hold(0.3, batches + 500, batches), x, {}, options);
    const auto measured = spread_of(chain.plateaus[0]);

    REQUIRE(measured.count == members);
    const double predicted_sd = theory.gap_sd / std::sqrt(static_cast<double>(batches));
    const double standard_error = measured.sd / std::sqrt(static_cast<double>(members));
    const double shift = measured.mean - (loads[0] - loads[1]);
    CHECK(std::abs(shift) > 5 * standard_error);  // the shift is there
    // and is met within 4 standard errors; the next order is relatively of the order of the
    // variance in units of beta^-2, below 1 %, times a small number
    CHECK_THAT(shift, WithinAbs(theory.gap_shift, 4 * standard_error));
    // a standard deviation of 400 members has a relative error of 1/sqrt(800) = 3.5 %
    CHECK_THAT(measured.sd, WithinRel(predicted_sd, 4 * 0.036));
}

TEST_CASE("the linear theory of the balanced state is that of docs/theory.md section 2",
          "[dynamics][oracle]") {
    // Var = step kappa^2 / (2 T lambda (1 - mu)) for a small step, T tokens, mu = kappa / 2
    const auto noise = linear_noise_at(two_expert_chain(1.2, 0), 0, 1e-6, 500);

    CHECK_THAT(noise.variance, WithinRel(1e-6 * 1.44 / (2 * 500 * 0.4), 1e-6));  // O(step)
    CHECK_THAT(noise.rate, WithinRel(0.4, 1e-14));
    CHECK_THAT(noise.shift, WithinAbs(0.0, 1e-18));  // by symmetry
}

TEST_CASE("the noise of a response is that of the model which has it", "[dynamics]") {
    const auto at = two_expert_chain(2.6, 0.3);
    const double x = settle(at, std::vector{2.0}).state[0], m = std::tanh(x / 2), d = 1 - m * m;
    const auto want = linear_noise_at(at, x, 0.1, 32);

    const auto got = linear_noise_of({1, 2.6, 2.6 * d / 2 - 1, -2.6 * m * d / 2, d / 32}, 0.1);

    CHECK_THAT(got.rate, WithinRel(want.rate, 1e-14));
    CHECK_THAT(got.variance, WithinRel(want.variance, 1e-14));
    CHECK_THAT(got.gap_shift, WithinRel(want.gap_shift, 1e-14));
    CHECK_THAT(got.gap_sd, WithinRel(want.gap_sd, 1e-14));
}

TEST_CASE("noise makes a swept state jump before the noiseless one", "[dynamics][property]") {
    const auto at = two_expert_chain(4, 0);
    const schedule plan{"bias", 0, {{1.2, 24'000, 0}}};
    const std::vector<passage> level{{1.7627, 1}};

    const auto quiet = noisy_chain(at, plan, -3.8, level, {.tokens = 1'000'000, .members = 64});
    const auto loud = noisy_chain(at, plan, -3.8, level, {.tokens = 64, .members = 64});

    CHECK(spread_of(quiet.passages[0]).count == 64);
    CHECK(spread_of(loud.passages[0]).mean < spread_of(quiet.passages[0]).mean);
    CHECK(spread_of(loud.passages[0]).sd > 3 * spread_of(quiet.passages[0]).sd);
}

TEST_CASE("a chain gives the same numbers for any number of threads", "[dynamics]") {
    const auto at = two_expert_chain(3, 0);
    const schedule plan{"feedback", 1, {{3, 500, 0}, {3, 500, 300}}};
    const auto run = [&](unsigned threads) {
        return noisy_chain(at, plan, 0.5, std::vector{passage{1.0, 1}, passage{-9.0, -1}},
                           {.members = 33, .threads = threads});
    };
    const auto one = run(1), three = run(3);

    CHECK(one.plateaus == three.plateaus);
    for (std::size_t i = 0; i < 33; ++i) {
        const double a = one.passages[0][i], b = three.passages[0][i];
        CHECK((a == b || (std::isnan(a) && std::isnan(b))));
    }
    CHECK(spread_of(one.passages[1]).count == 0);  // nobody gets there
    CHECK(one.plateaus[0][0] != one.plateaus[0][1]);
}

TEST_CASE("noisy_chain and linear_noise_at name what was wrong", "[dynamics][error]") {
    const auto at = two_expert_chain(3, 0);
    const schedule plan{"beta", 1, {{3, 500, 0}}};

    CHECK_THROWS_WITH(noisy_chain(at, plan, 0, {}),
                      "noisy_chain: the schedule moves 'beta', but feedback or bias is needed");
    CHECK_THROWS_WITH(noisy_chain(at, hold(0, 5, 0), 0, {}, {.step = 0}),
                      "noisy_chain: step is 0, but it must be > 0 and finite");
    CHECK_THROWS_WITH(linear_noise_at(at, 0, 0.1, 64),
                      "linear_noise_at: x is 0, but a state that attracts is needed");
    CHECK(std::isnan(spread_of({}).mean));
}
