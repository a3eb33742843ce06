// SPDX-License-Identifier: MIT
#include <moebius/bifurcation/cycles.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <numbers>

#include "catch.hpp"
#include "unit/cycle_models.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

using test::of_type;

/// The cycle of ring_of_cycles at p = 0 with the smaller radius.
special_point inner_cycle() {
    orbit round{.period = 2 * std::numbers::pi, .degree = 4, .times = {}, .states = {}};
    for (int k = 0; k <= 64; ++k) {
        const double angle = 2 * std::numbers::pi * k / 64;
        round.times.push_back(k / 64.0);
        for (const double x : {std::cos(angle), std::sin(angle)})
            round.states.push_back(std::sqrt(0.75) * x);
    }
    return cycle_start(problem_of<test_models::ring_of_cycles>(), round);
}

}  // namespace

TEST_CASE("round cycles turn where they must", "[cycles][oracle]") {
    auto at = problem_of<test_models::round_cycles>();
    at.set("cubic", 1);
    at.set("quintic", -1);
    at.set("twist", 0.5);
    const auto hopf = find_hopf(at, {"mu", -1, 1}, {0, 0}, at.parameters, 1.1);
    REQUIRE(hopf);
    diagram found;
    add_cycle_branch(found, at, {"mu", -1, 1}, *hopf);

    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].kind == "cycle");
    CHECK(found.branches[0].last == stop_reason::range_end);
    const auto folds = of_type(found, point_type::LPC);
    REQUIRE(folds.size() == 1);  // mu = -r^2 + r^4 turns at r^2 = 1/2
    CHECK_THAT(folds[0].parameters[0], WithinAbs(-0.25, 1e-12));
    CHECK_THAT(folds[0].cycle->period, WithinAbs(2 * std::numbers::pi / 1.25, 1e-8));
    CHECK(of_type(found, point_type::BP).empty());
    const auto& rows = found.branches[0].columns;
    for (std::size_t i = 1; i < rows.rows(); ++i) {
        const double r = rows.at("x_max")[i], r2 = r * r;
        CHECK_THAT(rows.at("mu")[i], WithinAbs(-r2 + r2 * r2, 1e-8));  // mesh: 1e-9 in extremes
        const double period = 2 * std::numbers::pi / (1 + r2 / 2);
        CHECK_THAT(rows.at("period")[i], WithinAbs(period, 1e-8));
        CHECK_THAT(rows.at("multiplier_1_re")[i],
                   WithinAbs(std::exp(period * (2 * r2 - 4 * r2 * r2)), 1e-6));
    }
}

TEST_CASE("cycles end where the caller's function first meets them", "[cycles][outcome]") {
    auto at = problem_of<test_models::round_cycles>();
    at.set("cubic", 1);
    at.set("quintic", -1);
    const auto hopf = find_hopf(at, {"mu", -1, 1}, {0, 0}, at.parameters, 1.1);
    REQUIRE(hopf);
    // The radius 0.6 is met on the way to the fold at r^2 = 1/2, the radius 0.9 beyond it.
    const double wall = GENERATE(0.6, 0.9, -0.9);
    diagram found;
    continuation_options options;
    options.stop_at = [&](auto x, auto) { return x[0] - wall; };
    add_cycle_branch(found, at, {"mu", -1, 1}, *hopf, options);

    const auto& made = found.branches.at(0);
    CHECK(made.last == stop_reason::stop_event);
    const double r2 = wall * wall;
    CHECK_THAT(made.columns.at("mu").back(), WithinAbs(-r2 + r2 * r2, 1e-8));  // mesh
    CHECK_THAT(made.columns.at("x_max").back(), WithinAbs(std::abs(wall), 1e-8));
    CHECK(of_type(found, point_type::LPC).size() == (r2 > 0.5 ? 1U : 0U));
    const auto ends = of_type(found, point_type::EP);
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].row == made.columns.rows() - 1);
}

TEST_CASE("a closed branch of cycles is followed once around, to its first cycle",
          "[cycles][oracle]") {
    diagram found;
    add_cycle_branch(found, problem_of<test_models::ring_of_cycles>(), {"p", -1, 1}, inner_cycle(),
                     {.max_step = 0.5});

    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].first == stop_reason::closed);
    CHECK(found.branches[0].last == stop_reason::closed);
    const auto folds = of_type(found, point_type::LPC);
    REQUIRE(folds.size() == 2);
    CHECK_THAT(std::abs(folds[0].parameters[0]), WithinAbs(0.25, 1e-10));
    CHECK_THAT(folds[0].parameters[0] + folds[1].parameters[0], WithinAbs(0, 1e-10));
    const auto& rows = found.branches[0].columns;
    CHECK_THAT(rows.at("p").front(), WithinAbs(rows.at("p").back(), 1e-3));  // a chord's error
    CHECK_THAT(rows.at("x_max").front(), WithinAbs(rows.at("x_max").back(), 1e-3));
}

TEST_CASE("a stop that cycles meet and leave again within a step is not overlooked",
          "[cycles][outcome]") {
    continuation_options options;
    options.max_step = GENERATE(0.3, 0.5);
    // The largest radius is sqrt(5/4).
    const double wall = std::sqrt(1.25) - 1e-6;
    options.stop_at = [&](auto x, auto) { return x[0] - wall; };
    diagram found;
    add_cycle_branch(found, problem_of<test_models::ring_of_cycles>(), {"p", -1, 1}, inner_cycle(),
                     options);

    CAPTURE(options.max_step);
    CHECK(found.branches.at(0).first == stop_reason::stop_event);
    CHECK(found.branches.at(0).last == stop_reason::stop_event);
    CHECK_THAT(found.branches[0].columns.at("x_max").back(), WithinAbs(wall, 1e-8));
}

TEST_CASE("cycles ask their watch at every step", "[cycles][error]") {
    std::atomic<bool> stop = false;
    watch impatient;
    impatient.stop = &stop;
    continuation_options options;
    options.max_points = 8;
    options.stop_at = [&](auto, auto) {
        stop = true;
        return 1.0;
    };
    diagram found;
    CHECK_THROWS_AS(add_cycle_branch(found, problem_of<test_models::ring_of_cycles>(), {"p", -1, 1},
                                     inner_cycle(), options, impatient),
                    interrupted);
}

TEST_CASE("the Rossler cycle doubles its period at c = 2.832445", "[cycles][oracle]") {
    // c = 2.832445 is the digits of the literature's onset for a = b = 0.2
    const auto at = problem_of<test_models::rossler>();
    const auto way = integrate(at, std::vector<double>{1, 1, 0}, 500, {.samples = 50001});
    const auto loop = last_loop(way.columns);
    REQUIRE(loop);
    diagram found;
    add_cycle_branch(found, at, {"c", 2, 3}, cycle_start(at, *loop));

    const auto doubled = of_type(found, point_type::PD);
    REQUIRE(doubled.size() == 1);
    CHECK_THAT(doubled[0].parameters[2], WithinAbs(2.832445, 1e-6));
    for (const double error : found.branches[0].columns.at("accuracy")) CHECK(error < 1e-9);
}

TEST_CASE("add_cycle_branch says what start it needs", "[cycles][error]") {
    const auto at = problem_of<test_models::round_cycles>();
    special_point fold;
    fold.label = "LP1";
    fold.type = point_type::LP;
    fold.parameters = at.parameters;
    diagram none;
    REQUIRE_THROWS_WITH(add_cycle_branch(none, at, {"mu", -1, 1}, fold),
                        "cycle: LP1 is a LP without a cycle, but an HB or a point with a stored "
                        "cycle is needed");
}
