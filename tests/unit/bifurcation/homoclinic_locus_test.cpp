// SPDX-License-Identifier: MIT
// Homoclinic orbits over two parameters, as cycles of a long period.
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>

#include "catch.hpp"
#include "unit/resonant_cycles.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

/// The last cycle of the branch from the first Hopf point.
special_point last_cycle(const problem& at, const parameter_range& range, stop_reason wanted) {
    const auto hopfs = test::of_type(equilibrium_diagram(at, range), point_type::HB);
    REQUIRE(!hopfs.empty());
    diagram cycles;
    add_cycle_branch(cycles, at, range, hopfs.front(), {.max_step = 0.5});
    REQUIRE(cycles.branches.at(0).last == wanted);
    return test::of_type(cycles, point_type::EP).back();
}

}  // namespace

TEST_CASE("loops on a level of energy are followed along a = b^2", "[cycles][oracle]") {
    const auto at = problem_of<test_models::level_loops>();
    const auto start = last_cycle(at, {"a", -0.5, 0.5}, stop_reason::homoclinic);
    const double step = GENERATE(0.1, 0.5);

    const auto found = locus(at, {"a", -0.5, 0.5}, {"b", -0.6, 0.6}, {.max_step = step}, start);

    REQUIRE(found.branches.size() == 1);
    const auto& branch = found.branches[0];
    CHECK(branch.kind == "homoclinic");
    CHECK(branch.first == stop_reason::range_end);
    CHECK(branch.last == stop_reason::range_end);
    const auto& rows = branch.columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const double b = rows.at("b")[i];
        CAPTURE(i, b);
        CHECK_THAT(rows.at("a")[i], WithinAbs(b * b, 1e-9));    // exp(-T), and the mesh
        CHECK_THAT(rows.at("x_max")[i], WithinAbs(1.5, 1e-8));  // where E = 0
        CHECK_THAT(rows.at("y_max")[i], WithinAbs(std::sqrt(1.0 / 3), 1e-8));
        CHECK_THAT(rows.at("stable_re")[i], WithinAbs(-1, 1e-9));
        CHECK_THAT(rows.at("unstable_re")[i], WithinAbs(1, 1e-9));
        CHECK(rows.at("stable_im")[i] == 0);
        CHECK(rows.at("distance")[i] < 1e-5);
    }
    CHECK_THAT(rows.at("b").front() * rows.at("b").back(), WithinAbs(-0.36, 1e-9));
}

TEST_CASE("Lorenz's homoclinic orbit moves with s as single branches end", "[cycles][oracle]") {
    auto at = problem_of<test_models::lorenz_wings>();
    const parameter_range r{"r", 5, 40};
    const auto start = last_cycle(at, r, stop_reason::homoclinic);
    CHECK_THAT(start.parameters[0], WithinAbs(13.926557, 1e-6));  // Sparrow 1982, to its digits

    const auto found = locus(at, r, {"s", 9, 12}, {.max_step = 0.5}, start);

    REQUIRE(found.branches.size() == 1);
    const auto& rows = found.branches[0].columns;
    for (const std::size_t end : {std::size_t{0}, rows.rows() - 1}) {
        const double s = rows.at("s")[end];
        at.set("s", s);
        CAPTURE(s);
        CHECK_THAT(rows.at("r")[end],
                   WithinAbs(last_cycle(at, r, stop_reason::homoclinic).parameters[0], 2e-6));
        // of the origin: the plane of x and y
        const double trace = -s - 1, det = s * (1 - rows.at("r")[end]);
        CHECK_THAT(rows.at("unstable_re")[end],
                   WithinAbs((trace + std::sqrt(trace * trace - 4 * det)) / 2, 1e-8));
        CHECK_THAT(rows.at("stable_re")[end], WithinAbs(-8.0 / 3, 1e-8));
    }
}

TEST_CASE("a cycle that passes no saddle starts no homoclinic orbit", "[cycles][error]") {
    const auto at = problem_of<test_models::genesio_tesi>();
    const parameter_range alpha{"alpha", 0.5, 1.4};
    const auto start = last_cycle(at, alpha, stop_reason::range_end);
    CHECK_THROWS_AS(locus(at, alpha, {"beta", 0.8, 1.2}, {}, start), invalid_argument);
}
