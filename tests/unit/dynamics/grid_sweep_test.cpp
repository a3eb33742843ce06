// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/dynamics/grid_sweep.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("a grid over feedback and bias counts two stable states inside the cusp",
          "[dynamics][oracle]") {
    const auto at = problem_of<models::two_expert>();  // beta = decay = 1: mu = feedback / 2

    const auto grid =
        grid_sweep(at, {"feedback", 0.9, 7.9, 15}, {"bias", -3.01, 2.99, 25}, {.threads = 2});

    REQUIRE(grid.rows() == 15 * 25);
    for (std::size_t k = 0; k < grid.rows(); ++k) {
        const double mu = grid.at("feedback")[k] / 2, eta = grid.at("bias")[k] / 2;
        CAPTURE(mu, eta);
        // docs/theory.md section 2: three equilibria, two of them stable, iff mu > 1 and
        // |eta| < eta_c(mu)
        const double half_width = mu > 1 ? std::sqrt(mu * (mu - 1)) - std::acosh(std::sqrt(mu)) : 0;
        CHECK(grid.at("unsettled")[k] == 0);
        CHECK(grid.at("stable_states")[k] == (std::abs(eta) < half_width ? 2 : 1));
        const double gap = std::max(std::abs(grid.at("load_1_1")[k] - grid.at("load_2_1")[k]),
                                    std::abs(grid.at("load_1_2")[k] - grid.at("load_2_2")[k]));
        CHECK(grid.at("load_gap")[k] == gap);
        const double x = grid.at("x_2")[k];  // an equilibrium: eta = y - mu tanh y
        CHECK_THAT(x / 2 - mu * std::tanh(x / 2), WithinAbs(eta, 1e-14 * (1 + mu)));
    }
}

TEST_CASE("a grid sweep gives the same numbers for any number of threads", "[dynamics]") {
    const auto at = problem_of<models::two_expert>();
    const auto run = [&](unsigned threads) {
        return grid_sweep(at, {"beta", 0.5, 3, 7}, {"feedback", 3, 0.5, 5},
                          {.starts = {{0.1}, {-2.0}, {7.0}}, .threads = threads});
    };
    CHECK(run(1).columns == run(3).columns);
}

TEST_CASE("a start that does not settle is counted and left blank", "[dynamics][error]") {
    const auto at = problem_of<models::two_expert>();

    const auto grid = grid_sweep(at, {"feedback", 3, 4, 2}, {"decay", 0.5, 1, 2},
                                 {.starts = {{0.0}}, .settle = {.max_time = 1e3}});

    for (std::size_t k = 0; k < grid.rows(); ++k) {
        CHECK(grid.at("unsettled")[k] == 1);  // x = 0 repels, but nothing pushes off it
        CHECK(grid.at("stable_states")[k] == 0);
        CHECK(std::isnan(grid.at("x_1")[k]));
        CHECK(std::isnan(grid.at("load_gap")[k]));
    }
}

TEST_CASE("grid_sweep names what was wrong and stops when asked", "[dynamics][error]") {
    const auto at = problem_of<models::two_expert>();
    const grid_axis feedback{"feedback", 1, 2, 3}, bias{"bias", -1, 1, 3};
    const std::atomic<bool> stop = true;

    CHECK_THROWS_WITH(grid_sweep(at, feedback, feedback),
                      "grid_sweep: both axes are feedback, but two parameters are needed");
    CHECK_THROWS_WITH(grid_sweep(at, feedback, {"bias", 1, 1, 3}),
                      "grid_sweep: bias goes from 1 to 1, but the ends must differ");
    CHECK_THROWS_WITH(grid_sweep(at, feedback, {"bias", -1, 1, 1}),
                      "grid_sweep: bias has 1 points, but it needs >= 2");
    CHECK_THROWS_AS(grid_sweep(at, feedback, {"beta", -1, 1, 3}), invalid_argument);
    CHECK_THROWS_AS(grid_sweep(at, feedback, bias, {.starts = {{1.0, 2.0}}}), invalid_argument);
    CHECK_THROWS_AS(grid_sweep(at, feedback, bias, {}, {{}, &stop}), interrupted);
}

TEST_CASE("a grid that is interrupted keeps the points that were done", "[dynamics]") {
    const auto at = problem_of<models::two_expert>();
    const grid_axis feedback{"feedback", 1, 6, 4}, bias{"bias", -1, 1, 4};
    const auto whole = grid_sweep(at, feedback, bias);
    std::atomic<bool> stop = false;
    const watch watched{[&](std::size_t done, std::size_t) { stop = done == 5; }, &stop};
    try {
        static_cast<void>(grid_sweep(at, feedback, bias, {.threads = 1}, watched));
        FAIL("it was not stopped");
    } catch (const cut_short<table>& cut) {
        REQUIRE(cut.so_far.rows() == 5);
        CHECK(cut.so_far.names == whole.names);
        for (std::size_t row = 0; row < 5; ++row)
            for (const auto* name : {"feedback", "bias", "x_1", "x_2"})
                CHECK(cut.so_far.at(name)[row] == whole.at(name)[row]);
    }
}
