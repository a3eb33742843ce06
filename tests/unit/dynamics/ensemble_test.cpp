// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/dynamics/detail/ensemble_lane.hpp>
#include <moebius/dynamics/detail/ensemble_stepper.hpp>
#include <moebius/dynamics/ensemble.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/exact/two_expert.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// A circle, (cos t, -sin t) from (1, 0) at frequency 1: no rest, and two states.
struct oscillator {
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<parameter_info, 1> parameters{{{"frequency", "w", "", 1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 1>& p) const {
        return {p[0] * x[1], S(0) - p[0] * x[0]};
    }
};

/// x' = x^2: from 1 it is infinite at time 1.
struct blow_up {
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<parameter_info, 1> parameters{{{"rate", "r", "", 1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        return {p[0] * x[0] * x[0]};
    }
};

using number = detail::lane<double>;

template <typename M, typename... X>
auto run(const detail::ensemble_limits<double>& limits, X... x) {
    detail::ensemble_stepper<M, number> stepper(limits, {number(x)...}, {number(1.0)});
    int steps = 0;
    for (; stepper.running() && steps < limits.max_steps; ++steps) stepper.advance();
    return std::pair(stepper, steps);
}

ensemble_problem over_grid(std::size_t side) {
    return {make_problem("two-expert"),
            grid_of({"feedback", 0.4, 6, side}, {"bias", -2, 2, side}),
            {0.1},
            50};
}

}  // namespace

TEST_CASE("every instance of an ensemble ends where integrating it alone ends",
          "[simulate][ensemble][oracle]") {
    const std::size_t side = GENERATE(as<std::size_t>{}, 2, 5, 9);  // 4, 25, 81: parts of a vector
    const auto precision = GENERATE(ensemble_precision::fp32, ensemble_precision::fp64);
    const auto work = over_grid(side);
    const bool fp32 = precision == ensemble_precision::fp32;

    const auto ends = integrate_ensemble(
        work, {.precision = precision, .rtol = fp32 ? 1e-6 : 1e-10, .atol = fp32 ? 1e-9 : 1e-12});

    REQUIRE(ends.states.size() == side * side);
    for (std::size_t k = 0; k < side * side; ++k) {
        auto alone = work.at;
        for (const auto& varied : work.varied) alone.set(varied.name, varied.values[k]);
        const auto exact = integrate(alone, work.starts, work.t_end, {.samples = 2});
        CAPTURE(side, fp32, work.varied[0].values[k], work.varied[1].values[k]);
        CHECK(ends.status[k] == ensemble_status::finished);
        CHECK(ends.steps[k] > 5);
        // What is tolerated a step, times some 10 for the sum over the way there
        const double x = exact.columns.at("x").back();
        CHECK_THAT(ends.states[k], WithinAbs(x, (fp32 ? 1e-5 : 1e-9) * (1 + std::abs(x))));
    }
}

TEST_CASE("an ensemble's numbers do not depend on threads or on neighbours",
          "[simulate][ensemble]") {
    auto work = over_grid(80);  // several parts for several threads
    const auto all = integrate_ensemble(work, {.threads = 1});

    CHECK(integrate_ensemble(work, {.threads = 3}).states == all.states);
    for (const std::size_t k : {0U, 17U, 6399U}) {
        ensemble_problem one{work.at, work.varied, work.starts, work.t_end};
        for (auto& varied : one.varied) varied.values = {varied.values[k]};
        const auto alone = integrate_ensemble(one);
        CHECK(alone.states[0] == all.states[k]);
        CHECK(alone.steps[0] == all.steps[k]);
    }
}

TEST_CASE("the pair's local error falls with the sixth power of the step", "[ensemble][oracle]") {
    const auto error = [](double step) {  // one step: a tolerance that accepts anything
        const auto [end, steps] = run<oscillator>({step, 0.5, 1e3, step, 10}, 1.0, 0.0);
        REQUIRE(steps == 1);
        return std::hypot(end.state()[0].v - std::cos(step), end.state()[1].v + std::sin(step));
    };

    const double order = std::log2(error(0.2) / error(0.1));

    CHECK_THAT(order, WithinAbs(6, 0.1));  // local extrapolation: order 5 over a fixed time
}

TEST_CASE("the stepper keeps the tolerance over many turns of a circle", "[ensemble][oracle]") {
    const double rtol = GENERATE(1e-5, 1e-7, 1e-9);

    const auto [end, steps] = run<oscillator>({20, rtol, rtol, 0, 100000}, 1.0, 0.0);

    CHECK(end.finished());
    // Steps of about 0.2 to 0.9 with an error of rtol each would add up to less than 100 rtol
    CHECK(std::abs(end.state()[0].v - std::cos(20.0)) < 100 * rtol);
    CHECK(steps < 40 * std::pow(rtol, -0.2));
}

TEST_CASE("the stepper stops before infinity", "[ensemble][error]") {
    const auto [end, steps] = run<blow_up>({2, 1e-6, 1e-9, 0, 100000}, 1.0);
    CHECK_FALSE(end.finished());
    CHECK(steps < 2000);
    CHECK(end.state()[0].v > 1e6);  // it got close to time 1
}

TEST_CASE("an instance that cannot go on says why and disturbs no other", "[ensemble][error]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinite = std::numeric_limits<double>::infinity();
    const auto precision = GENERATE(ensemble_precision::fp32, ensemble_precision::fp64);
    ensemble_problem work{make_problem("two-expert"), {}, {0.1, nan, 0.2, -infinite, 0.3}, 10};

    const auto ends = integrate_ensemble(work, {.precision = precision});
    const auto short_of = integrate_ensemble(work, {.precision = precision, .max_steps = 3});

    for (const std::size_t k : {0U, 2U, 4U}) {
        CHECK(ends.status[k] == ensemble_status::finished);
        CHECK_THAT(ends.states[k], WithinAbs(work.starts[k] * std::exp(-5.0), 1e-3));  // mu = 1/2
        CHECK(short_of.status[k] == ensemble_status::stalled);
        CHECK(short_of.steps[k] == 3);
    }
    for (const std::size_t k : {1U, 3U}) CHECK(ends.status[k] == ensemble_status::not_finite);
}

TEST_CASE("an ensemble of nothing is empty", "[ensemble]") {
    const auto ends = integrate_ensemble({make_problem("two-expert"), {{"bias", {}}}, {0.1}});
    CHECK(ends.states.empty());
    CHECK(ends.status.empty());
}

TEST_CASE("an ensemble says what it cannot run", "[ensemble][error]") {
    const auto at = make_problem("two-expert");
    const ensemble_problem good{at, {{"bias", {0.1, 0.2}}}, {0.1}};
    const auto says = [](const ensemble_problem& work, const ensemble_options& options,
                         const std::string& sentence) {
        CHECK_THROWS_WITH(integrate_ensemble(work, options), sentence);
    };

    says({make_problem("softmax"), {}, std::vector<double>(8)}, {},
         "integrate_ensemble: the model is softmax, but ensembles know two-expert");
    says({at, {{"bias", {0.1, 0.2}}, {"feedback", {1.0}}}, {0.1}}, {},
         "integrate_ensemble: feedback has 1 values, but bias has 2");
    says({at, {{"bias", {0.1, 0.2}}}, {0.1, 0.2, 0.3}}, {},
         "integrate_ensemble: 3 starts came for 2 instances, but 1 or 2 are needed");
    CHECK_THROWS_AS(integrate_ensemble({at, {{"beta", {1.0, -1.0}}}, {0.1}}), invalid_argument);
    CHECK_THROWS_AS(integrate_ensemble({at, {{"width", {1.0}}}, {0.1}}), invalid_argument);
    says({at, good.varied, {0.1}, 0}, {},
         "integrate_ensemble: the end time is 0, but it must be > 0 and finite");
    says(good, {.precision = ensemble_precision::fp32, .rtol = 1e-8},
         "integrate_ensemble: rtol is 1e-08, but in float it must be >= 5e-07 and < 1");
    says(good, {.atol = 0}, "integrate_ensemble: atol is 0, but it must be >= 1e-30 and finite");
    says(good, {.max_steps = 0},
         "integrate_ensemble: max_steps is 0, but it must be from 1 to 10000000");
    const std::atomic<bool> stop = true;
    CHECK_THROWS_AS(integrate_ensemble(good, {}, {{}, &stop}), interrupted);
}

TEST_CASE("a basin map at feedback 4 has two stable states between the folds and one outside",
          "[ensemble][oracle]") {
    const auto at = make_problem("two-expert");
    const auto precision = GENERATE(ensemble_precision::fp32, ensemble_precision::fp64);
    basin_options options;
    options.ensemble.precision = precision;

    const auto map = basin_map(at, {"feedback", 4, 5, 2}, {"bias", -2, 2, 41}, {}, options);

    REQUIRE(map.rows() == 2 * 41);
    for (std::size_t k = 0; k < map.rows(); ++k) {
        const double feedback = map.at("feedback")[k], bias = map.at("bias")[k];
        CAPTURE(feedback, bias);
        // docs/theory.md section 2: at feedback 4 (mu = 2) the folds lie at bias
        // +- 2 * 0.532839975354
        const auto exact = exact::equilibria({feedback, 1, 1, bias});
        std::vector<double> stable;
        for (const auto& e : exact)
            if (e.stable) stable.push_back(e.x);
        if (feedback == 4) CHECK(stable.size() == (std::abs(bias) < 1.0656 ? 2 : 1));
        CHECK(map.at("stable_states")[k] == static_cast<double>(stable.size()));
        CHECK(map.at("unsettled")[k] == 0);
        CHECK(map.at("basin_1")[k] == 0);  // from below the lowest, from above the highest
        CHECK(map.at("basin_2")[k] == static_cast<double>(stable.size() - 1));
        CHECK_THAT(map.at("x_1")[k], WithinAbs(stable.front(), 1e-11));
        CHECK_THAT(map.at("x_2")[k], WithinAbs(stable.back(), 1e-11));
    }
}

TEST_CASE("a basin map leaves a start blank that sits on a state that repels", "[ensemble]") {
    const auto map = basin_map(make_problem("two-expert"), {"feedback", 3, 4, 2},
                               {"decay", 0.5, 1, 2}, {0.0, 0.1});
    for (std::size_t k = 0; k < map.rows(); ++k) {
        CHECK(map.at("unsettled")[k] == 1);
        CHECK(std::isnan(map.at("basin_1")[k]));
        CHECK(std::isnan(map.at("x_1")[k]));
        CHECK(map.at("stable_states")[k] == 1);
        CHECK(map.at("x_2")[k] > 0);
    }
}

TEST_CASE("a basin map is the same block by block, and keeps whole blocks", "[ensemble]") {
    const auto at = make_problem("two-expert");
    const grid_axis feedback{"feedback", 3, 4, 3}, bias{"bias", -1, 1, 5};
    const auto whole = basin_map(at, feedback, bias);
    basin_options options;
    options.block = 4;
    CHECK(basin_map(at, feedback, bias, {}, options).columns == whole.columns);

    std::atomic<bool> stop = false;
    const watch watched{[&](std::size_t done, std::size_t total) { stop = 3 * done > total; },
                        &stop};
    try {
        (void)basin_map(at, feedback, bias, {}, options, watched);
        FAIL("it was not stopped");
    } catch (const cut_short<table>& cut) {
        REQUIRE(cut.so_far.rows() == 4);  // the stop comes amid the second block
        for (std::size_t c = 0; c < whole.columns.size(); ++c)
            for (std::size_t row = 0; row < 4; ++row)
                CHECK(cut.so_far.columns[c][row] == whole.columns[c][row]);
    }
    stop = true;
    CHECK_THROWS_AS(basin_map(at, feedback, bias, {}, options, {{}, &stop}), interrupted);
}

TEST_CASE("a basin map says what a bad grid or start is", "[ensemble][error]") {
    const auto at = make_problem("two-expert");
    const grid_axis feedback{"feedback", 1, 2, 3}, bias{"bias", -1, 1, 3};
    CHECK_THROWS_WITH(basin_map(at, feedback, feedback),
                      "grid_of: both axes are feedback, but two parameters are needed");
    CHECK_THROWS_WITH(grid_of(feedback, {"bias", 1, 1, 3}),
                      "grid_of: bias goes from 1 to 1, but the ends must be finite and differ");
    CHECK_THROWS_WITH(grid_of({"bias", 0, 1, 1}, feedback),
                      "grid_of: bias has 1 points, but it needs >= 2");
    CHECK_THROWS_WITH(basin_map(at, {"feedback", 1, 2, 65536}, {"bias", -1, 1, 65536}),
                      "basin_map: 4294967296 grid points of 8 numbers came, but a result has at "
                      "most 67108864 numbers");
    CHECK_THROWS_WITH(basin_map(at, feedback, bias, {}, {.closeness = 0}),
                      "basin_map: an option is 0, but closeness and same must be > 0");
}
