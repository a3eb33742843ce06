// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/bifurcation/locus.hpp>

#include "catch.hpp"
#include "oracle/labels.hpp"
#include "oracle/systems.hpp"

using namespace moebius;
using namespace oracle;

namespace {

/// lambda at the fold of the discretised Bratu problem.
template <std::size_t points>
double bratu_fold() {
    std::vector<double> u(points);
    for (std::size_t i = 0; i < points; ++i) {
        const double at = 0.5 * static_cast<double>(i + 1) / points;
        u[i] = 4.7 * at * (1 - at);  // u(1/2) = 1.187 at the fold
    }
    const auto fold = find_fold(problem_of<bratu<points>>(), {"lambda", 0, 4}, u, {3.5});
    REQUIRE(fold);
    return fold->parameters[0];
}

}  // namespace

TEST_CASE("Bratu's fold converges to 3.513830719 with the fourth order of the scheme", "[bratu]") {
    const double coarse = bratu_fold<8>(), middle = bratu_fold<16>(), fine = bratu_fold<32>();

    const double t = 1.199678640257734;  // t tanh t = 1
    const double exact = 8 * std::pow(t / std::cosh(t), 2);
    REQUIRE_THAT(exact, WithinAbs(3.513830719, 5e-10));
    CHECK_THAT((coarse - exact) / (middle - exact), WithinAbs(16, 0.1));  // + O(h^2), h = 1/16
    const double limit = fine + (fine - middle) / 15;
    CHECK_THAT(limit, WithinAbs(exact, 5e-10));  // the digits published
}

TEST_CASE("the Brusselator's Hopf curve is B = 1 + A^2 with omega = A and its l1",
          "[brusselator]") {
    const auto found = locus(problem_of<brusselator>(), {"A", 0.2, 3}, {"B", 0.5, 8}, {},
                             start_at(point_type::HB, {1, 2}, {1, 2}));

    REQUIRE(found.branches.size() == 1);
    CHECK(found.special_points.empty());  // l1 < 0 all along
    const auto& rows = found.branches[0].columns;
    CHECK(rows.at("A").front() * rows.at("B").back() > 1);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const double A = rows.at("A")[i];
        CHECK_THAT(rows.at("B")[i], WithinAbs(1 + A * A, 1e-11));
        CHECK_THAT(rows.at("omega")[i], WithinAbs(A, 1e-11));
        // -(2 + A^2)/(2 A) for the eigenvector (A, i - A), whose length is sqrt(1 + 2 A^2)
        const double l1 = -(2 + A * A) / (2 * A * (1 + 2 * A * A));
        CHECK_THAT(rows.at("l1")[i], WithinRel(l1, 1e-10));
    }
}
