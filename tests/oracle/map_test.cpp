// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/map_points.hpp>
#include <numbers>

#include "catch.hpp"
#include "oracle/labels.hpp"
#include "oracle/map_systems.hpp"
#include "oracle/systems.hpp"

using namespace moebius;
using namespace oracle;

TEST_CASE("the logistic map doubles its period where step r = 2", "[map]") {
    const double step = GENERATE(0.5, 1.0), max_step = GENERATE(0.05, 0.5, 2.0);
    const auto found =
        map_diagram(problem_of<logistic>(), step, {"r", 0.5, 5}, {.max_step = max_step});

    const auto flips = all(found, point_type::PD);
    CAPTURE(step, max_step);
    REQUIRE(flips.size() == 1);
    CHECK_THAT(flips[0].parameters[0], WithinAbs(2 / step, 1e-12));
    CHECK_THAT(flips[0].state[0], WithinAbs(1, 1e-12));
    // 1/4 G''^2 + 1/6 G''' of the map G at the multiplier -1, with G'' = -2 step r = -4
    CHECK_THAT(coefficient(flips[0], "b"), WithinAbs(4, 1e-11));
    CHECK(flips[0].criticality == "supercritical");
    CHECK(all(found, point_type::NS).empty());
    const auto& branch = found.branches[static_cast<std::size_t>(flips[0].branch) - 1];
    CHECK(branch.columns.at("r")[flips[0].row] == flips[0].parameters[0]);
    for (std::size_t i = 0; i < branch.columns.rows(); ++i) {
        const double r = branch.columns.at("r")[i];
        CHECK_THAT(branch.columns.at("multiplier")[i], WithinAbs(std::abs(1 - step * r), 1e-12));
        if (i != flips[0].row) CHECK(branch.columns.at("stable")[i] == (step * r < 2 ? 1 : 0));
    }
}

TEST_CASE("the delayed logistic map has its torus point at r = 2", "[map]") {
    const auto found = map_diagram(problem_of<delayed_logistic>(), 1, {"r", 1.1, 2.5});

    const auto points = all(found, point_type::NS);
    REQUIRE(points.size() == 1);
    CHECK_THAT(points[0].parameters[0], WithinAbs(2, 1e-12));
    CHECK_THAT(points[0].state[0], WithinAbs(0.5, 1e-12));
    CHECK_THAT(coefficient(points[0], "theta"), WithinAbs(std::numbers::pi / 3, 1e-12));
    // Kuznetsov (3rd ed.), example 4.2: a(0) = -2 for the eigenvector (1/2 + i sqrt(3)/2, 1), whose
    // squared length is 2
    CHECK_THAT(coefficient(points[0], "a"), WithinAbs(-1, 1e-11));
    CHECK(points[0].criticality == "supercritical");
}

// As an equilibrium of the second iterate the branch turns where it meets its own other half.
TEST_CASE("Henon's orbits of period 2 leave nothing unexplained where they begin", "[map]") {
    const double from = GENERATE(-0.5, 0.2, 0.36);
    const auto found = period_diagram(problem_of<henon>(), {1, 2}, {"a", from, 1.5});

    CAPTURE(from);
    CHECK(found.search.not_located == 0);
    CHECK(all(found, point_type::LP).empty());
    const auto leaving = all(found, point_type::BP), flips = all(found, point_type::PD);
    REQUIRE(leaving.size() == 1);
    REQUIRE(flips.size() == 1);
    const double b = 0.3;  // -1 is a multiplier of the fixed point, and of the 2-cycle
    CHECK_THAT(leaving[0].parameters[0], WithinAbs(3 * (1 - b) * (1 - b) / 4, 1e-9));
    CHECK_THAT(flips[0].parameters[0], WithinAbs((5 - 6 * b + 5 * b * b) / 4, 1e-9));
}

TEST_CASE("past its torus point the delayed logistic map settles on a closed curve", "[map]") {
    // |w|^2 = (|multiplier| - 1)/(-a) to first order; x = 1/2 + 2 Re(w q) with |q| = 1, and the
    // first component of q has modulus 1/sqrt(2).
    const double r = 2.02, centre = 1 - 1 / r;
    double x = centre + 0.05, y = centre, low = 1, high = 0;
    for (int i = 0; i < 20000; ++i) {
        const double next = r * x * (1 - y);
        y = x;
        x = next;
        if (i < 10000) continue;
        low = std::min(low, x);
        high = std::max(high, x);
    }
    const double modulus = std::sqrt(r - 1);  // of the multipliers: their product is r - 1
    const double radius = std::sqrt(modulus - 1);
    CHECK_THAT((high - low) / 2, WithinRel(std::sqrt(2.) * radius, 0.05));  // next order: radius^2
}
