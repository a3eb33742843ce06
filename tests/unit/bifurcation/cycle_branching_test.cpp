// SPDX-License-Identifier: MIT
// Branch points and period doublings of cycles: found, and started from.
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <numbers>

#include "catch.hpp"
#include "unit/branching_cycles.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

using test::of_type;

diagram followed(const problem& at, const parameter_range& range, const special_point& start,
                 double max_step = 0.1) {
    diagram made;
    add_cycle_branch(made, at, range, start, {.max_step = max_step, .max_points = 800});
    return made;
}

double largest(const table& rows, std::string_view column) {
    const auto& values = rows.at(column);
    return *std::max_element(values.begin(), values.end());
}

}  // namespace

TEST_CASE("circles cross at equal radii, and the other one leaves there", "[cycles][oracle]") {
    const auto at = problem_of<test_models::crossing_circles>();
    const parameter_range range{"p1", 0.5, 4.2};
    const double step = GENERATE(0.03, 0.1, 0.5);
    const auto found = followed(at, range, test_models::circle_start(at, 1, 0), step);

    const auto crossings = of_type(found, point_type::BP);
    REQUIRE(crossings.size() == 1);
    CHECK_THAT(crossings[0].parameters[0], WithinAbs(2, 1e-6));
    // Its radius is p2 all along.
    const auto other = followed(at, range, crossings[0], step);
    for (const double r : other.branches.at(0).columns.at("x_max"))
        CHECK_THAT(r, WithinAbs(2, 1e-7));
    CHECK(other.branches[0].first == stop_reason::range_end);
    CHECK(other.branches[0].last == stop_reason::range_end);
    CHECK(of_type(other, point_type::LPC).empty());
}

TEST_CASE("symmetry breaks where AUTO's tor prints it", "[cycles][oracle]") {
    const auto at = problem_of<test_models::symmetric_circuit>();
    const parameter_range range{"nu", -0.9, -0.4};
    const auto hopf = equilibrium_diagram(at, range).at("HB1");
    diagram found;
    continuation_options options{.max_step = GENERATE(0.03, 0.1, 0.5)};
    options.longest_period = 20;
    add_cycle_branch(found, at, range, hopf, options);

    const auto crossings = of_type(found, point_type::BP);
    REQUIRE(crossings.size() == 2);
    CHECK_THAT(crossings[0].parameters[0], WithinAbs(-0.587029, 1e-6));  // AUTO's digits
    CHECK_THAT(crossings[1].parameters[0], WithinAbs(-0.832438, 1e-6));
    CHECK(found.branches.at(0).last == stop_reason::long_period);
    // The cycles that leave are not their own mirror images.
    options.longest_period = 10;
    add_cycle_branch(found, at, range, crossings[0], options);
    const auto& rows = found.branches.at(1).columns;
    double apart = 0;
    for (std::size_t i = 0; i < rows.rows(); ++i)
        apart = std::max(apart, std::abs(rows.at("x_max")[i] + rows.at("x_min")[i]));
    CHECK(apart > 0.1);
    CHECK(found.branches[1].from == crossings[0].label);
}

TEST_CASE("a hunter enters the cycles of its prey at AUTO's point on every branch",
          "[cycles][oracle]") {
    const auto at = problem_of<test_models::food_chain>();
    const parameter_range range{"p", 0, 1};
    const auto points = equilibrium_diagram(at, range);
    for (const auto& hopf : points.special_points) {
        if (hopf.type != point_type::HB) continue;
        const auto found = followed(at, range, hopf);
        const auto crossings = of_type(found, point_type::BP);
        REQUIRE(crossings.size() == 1);
        CHECK_THAT(crossings[0].parameters[0], WithinAbs(0.301235, 1e-6));  // AUTO's digits
        const auto other = followed(at, range, crossings[0]);
        // One of the two branches has no hunters.
        const double here = largest(found.branches.at(0).columns, "w_max");
        const double there = largest(other.branches.at(0).columns, "w_max");
        CHECK(std::min(here, there) < 1e-6);
        CHECK(std::max(here, there) > 0.01);
    }
}

TEST_CASE("a forced oscillator loses its symmetry three times, at any step", "[cycles][long]") {
    const auto at = problem_of<test_models::duffing>();
    const auto start = test_models::circle_start(at, 2 * std::numbers::pi / 1.2, 2);
    const auto found = followed(at, {"F", 0, 40}, start, GENERATE(0.05, 0.1, 0.5));

    const auto crossings = of_type(found, point_type::BP);
    REQUIRE(crossings.size() == 3);
    // What leaves at the first comes back at the second, and has a fold at neither.
    const auto other = followed(at, {"F", 0, 40}, crossings[0]);
    const auto met = of_type(other, point_type::BP);
    REQUIRE(!met.empty());
    for (const auto& point : met) {
        const auto nearest =
            std::min_element(crossings.begin(), crossings.end(), [&](const auto& l, const auto& r) {
                return std::abs(l.parameters[0] - point.parameters[0]) <
                       std::abs(r.parameters[0] - point.parameters[0]);
            });
        CHECK_THAT(point.parameters[0], WithinAbs(nearest->parameters[0], 1e-6));
    }
    CHECK(of_type(other, point_type::LPC).empty());
}

TEST_CASE("cycles of twice the period leave a doubling", "[cycles][oracle]") {
    const auto at = problem_of<test_models::flip_cycle>();
    const parameter_range range{"mu", -0.1, 0.2};
    const auto found = followed(at, range, test_models::circle_start(at, 2 * std::numbers::pi, 0));
    const auto doublings = of_type(found, point_type::PD);
    REQUIRE(doublings.size() == 1);
    CHECK_THAT(doublings[0].parameters[0], WithinAbs(0, 1e-9));

    const auto twice = followed(at, range, doublings[0]);
    const auto& rows = twice.branches.at(0).columns;
    CHECK(twice.branches[0].from == doublings[0].label);
    CHECK(twice.branches[0].first == stop_reason::branch_point);
    CHECK(twice.branches[0].last == stop_reason::range_end);
    REQUIRE(rows.rows() > 5);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        // theta stays 1, so that the period is 4 pi; u and v have half-turned after 2 pi
        CHECK_THAT(rows.at("period")[i], WithinAbs(4 * std::numbers::pi, 1e-6));
        CHECK_THAT(rows.at("u_max")[i] + rows.at("u_min")[i], WithinAbs(0, 1e-6));
    }
    CHECK(rows.at("u_max").back() > 0.05);
    CHECK(rows.at("stable").back() == 1);
}

TEST_CASE("doubled cycles end in the doubling of those of half their period", "[cycles][oracle]") {
    const double max_step = GENERATE(0.02, 0.1, 1.0);
    const auto at = problem_of<test_models::flip_cycle>();
    const parameter_range range{"mu", -0.1, 0.2};
    const auto once = followed(at, range, test_models::circle_start(at, 2 * std::numbers::pi, 0));
    const auto twice = followed(at, range, once.at("PD1"));

    const auto back = followed(at, range, of_type(twice, point_type::EP).back(), max_step);

    const auto& made = back.branches.at(0);
    CHECK(made.first == stop_reason::period_doubling);
    CHECK(made.last == stop_reason::range_end);
    CHECK(of_type(back, point_type::BP).empty());
    const auto ends = of_type(back, point_type::PD);
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].row == 0);
    CHECK_THAT(ends[0].parameters[0], WithinAbs(0, 1e-9));
    CHECK_THAT(ends[0].cycle->period, WithinAbs(2 * std::numbers::pi, 1e-9));
    CHECK_THAT(made.columns.at("period").front(), WithinAbs(4 * std::numbers::pi, 1e-8));
    const auto again = followed(at, range, ends[0]);
    CHECK(again.branches.at(0).last == stop_reason::range_end);
}

TEST_CASE("a start that nothing leaves is refused", "[cycles][error]") {
    const auto at = problem_of<test_models::crossing_circles>();
    auto start = test_models::circle_start(at, 1, 0);
    start.label = "PD1";
    start.type = GENERATE(point_type::PD, point_type::BP);
    diagram none;
    CHECK_THROWS_WITH(add_cycle_branch(none, at, {"p1", 0.5, 4.2}, start),
                      "cycle: PD1 came as a start, but another branch of cycles must leave it");
}
