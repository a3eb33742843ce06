// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <moebius/bifurcation/locus.hpp>

#include "catch.hpp"
#include "oracle/labels.hpp"
#include "oracle/systems.hpp"

using namespace moebius;
using namespace oracle;

namespace {

/// Lorenz-84 on its fold set, by the state x: with d = (1 - x)^2 + b^2 x^2 the equilibria obey
/// a (F - x) d = G^2, so they fold where (F - x) d' = d.
struct lorenz_fold {
    double x, d, slope, F, G;

    explicit lorenz_fold(double at)
        : x(at),
          d((1 - x) * (1 - x) + 16 * x * x),
          slope(-2 * (1 - x) + 32 * x),
          F(x + d / slope),
          G(d * std::sqrt(lorenz_84::a / slope)) {}
    [[nodiscard]] std::vector<double> state() const {
        return {x, G * (1 - x) / d, G * lorenz_84::b * x / d};
    }
};

}  // namespace

TEST_CASE("Lorenz-84's fold curve, cusp and zero-Hopf point are the exact ones at every step",
          "[lorenz-84]") {
    const double max_step = GENERATE(0.03, 0.1, 0.25, 0.5, 1.0);
    const lorenz_fold start(0.9);
    const auto found =
        locus(problem_of<lorenz_84>(), {"F", 0, 4}, {"G", 0, 4}, {.max_step = max_step},
              start_at(point_type::LP, start.state(), {start.F, start.G}));

    CAPTURE(max_step);
    REQUIRE(found.branches.size() == 1);
    const auto& rows = found.branches[0].columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const lorenz_fold exact(rows.at("x")[i]);
        CHECK_THAT(rows.at("F")[i], WithinAbs(exact.F, 1e-11));  // corrected to rounding
        CHECK_THAT(rows.at("G")[i], WithinAbs(exact.G, 1e-11));
    }

    // dF/dx = 2 - d d''/d'^2 = 0 with d = 17 x^2 - 2 x + 1:
    const auto cusps = all(found, point_type::CP);
    REQUIRE(cusps.size() == 1);
    // 2 (34 x - 2)^2 = 34 (17 x^2 - 2 x + 1), or 1734 x^2 - 204 x - 26 = 0
    const lorenz_fold cusp((204 + std::sqrt(204. * 204 + 4 * 1734 * 26)) / (2 * 1734));
    CHECK_THAT(cusps[0].parameters[0], WithinAbs(cusp.F, 1e-10));
    CHECK_THAT(cusps[0].parameters[1], WithinAbs(cusp.G, 1e-10));

    // the trace 2 (x - 1) - a vanishes with the determinant
    const auto corners = all(found, point_type::ZH);
    REQUIRE(corners.size() == 1);
    const lorenz_fold corner(1 + lorenz_84::a / 2);
    CHECK_THAT(corners[0].parameters[0], WithinAbs(corner.F, 1e-10));
    CHECK_THAT(corners[0].parameters[1], WithinAbs(corner.G, 1e-10));
}

TEST_CASE("Lorenz-84's Hopf curve leaves its zero-Hopf point", "[lorenz-84]") {
    const lorenz_fold corner(1 + lorenz_84::a / 2);
    const auto found = locus(problem_of<lorenz_84>(), {"F", 0, 4}, {"G", 0, 4}, {},
                             start_at(point_type::ZH, corner.state(), {corner.F, corner.G}));

    REQUIRE(found.branches.size() == 2);
    CHECK(found.branches[0].kind == "fold");
    REQUIRE(found.branches[1].kind == "hopf");
    CHECK(all(found, point_type::ZH).size() == 2);  // the same one, on both curves
    const auto& rows = found.branches[1].columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        // characteristic polynomial s^3 + c2 s^2 + c1 s + c0, Hopf: c1 c2 = c0 and omega^2 = c1
        const lorenz_fold at(rows.at("x")[i]);
        const double a = lorenz_84::a, off = rows.at("F")[i] - at.x;
        const double c2 = 2 + a - 2 * at.x, c1 = 2 * a * (1 - at.x) + 2 * a * off + at.d;
        const double c0 = a * (at.d - off * at.slope);
        CHECK_THAT(c1 * c2 - c0, WithinAbs(0, 1e-10));  // terms up to 40, corrected to rounding
        CHECK_THAT(rows.at("omega")[i], WithinAbs(std::sqrt(c1), 1e-11));
    }
}

TEST_CASE("the group-defence BT is where trace and determinant vanish, with its coefficients",
          "[group-defence]") {
    const double max_step = GENERATE(0.03, 0.1, 0.5, 1.0);
    const auto found =
        locus(problem_of<group_defence>(), {"K", 1.2, 6}, {"m", 1.5, 4}, {.max_step = max_step},
              start_at(point_type::LP, {1, 2 * (1 - 1 / 3.)}, {3, 2}));

    const auto corners = all(found, point_type::BT);
    CAPTURE(max_step);
    REQUIRE(corners.size() == 1);
    const auto& corner = corners[0];
    CHECK_THAT(corner.parameters[0], WithinAbs(2, 1e-10));
    CHECK_THAT(corner.parameters[1], WithinAbs(2, 1e-10));
    // By hand: f_x = [0 -1/2; 0 0], q0 = (1, 0), q1 = (0, -2), p0 = (1, 0), p1 = (0, -1/2) and
    // B(q0, q0) = (-1/2, -1), B(q0, q1) = 0; the sign is that of q0.
    const double sign = coefficient(corner, "a") > 0 ? 1 : -1;
    CHECK_THAT(sign * coefficient(corner, "a"), WithinAbs(0.25, 1e-10));
    CHECK_THAT(sign * coefficient(corner, "b"), WithinAbs(-0.5, 1e-10));
    CHECK(corner.criticality == "supercritical");
}

TEST_CASE("from the group-defence BT its three curves are followed", "[group-defence]") {
    const auto found = locus(problem_of<group_defence>(), {"K", 1.2, 6}, {"m", 1.5, 4}, {},
                             start_at(point_type::BT, {1, 1}, {2, 2}));

    REQUIRE(found.branches.size() == 3);
    CHECK(found.branches[0].kind == "fold");
    const auto& hopf = found.branches[1];
    CHECK(hopf.kind == "hopf");
    CHECK(hopf.first == stop_reason::branch_point);
    CHECK(hopf.last == stop_reason::range_end);
    for (std::size_t i = 0; i < hopf.columns.rows(); ++i) {
        const double x = hopf.columns.at("x")[i];
        CHECK_THAT(hopf.columns.at("K")[i], WithinAbs((1 + 3 * x * x) / (2 * x), 1e-11));
        CHECK_THAT(hopf.columns.at("m")[i], WithinAbs(x + 1 / x, 1e-11));
    }
    const auto& loops = found.branches[2];
    CHECK(loops.kind == "homoclinic");
    CHECK(loops.first == stop_reason::branch_point);
    CHECK(loops.last == stop_reason::range_end);
    for (std::size_t i = 0; i < loops.columns.rows(); ++i) {
        const double K = loops.columns.at("K")[i], m = loops.columns.at("m")[i];
        const double x = (m + std::sqrt(m * m - 4)) / 2;  // of the saddle, beyond the fold
        const double trace = 1 - 2 * x / K - (1 - x / K) * (1 - x * x) / (1 + x * x);
        CHECK_THAT(loops.columns.at("saddle_quantity")[i], WithinAbs(trace, 1e-9));
    }
    // Beside a BT homoclinic orbits are 49/25 times as far from the folds as Hopf points, which are
    // at m - 2 = (K - 2)^2: Guckenheimer & Holmes (1983), section 7.3. By the parabola through
    // three rows, which errs by the cube of K - 2.
    std::array<double, 3> off{}, ratio{};
    for (std::size_t i = 0; i < 3; ++i) {
        off[i] = loops.columns.at("K")[i] - 2;
        ratio[i] = (loops.columns.at("m")[i] - 2) / (off[i] * off[i]);
    }
    CHECK(std::abs(off[2]) < 0.03);
    double limit = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        const double l = off[(i + 1) % 3], r = off[(i + 2) % 3];
        limit += ratio[i] * l * r / ((l - off[i]) * (r - off[i]));
    }
    CHECK_THAT(limit, WithinAbs(49. / 25, 0.02));
}

TEST_CASE("a Hopf curve ends in the BT that it meets", "[group-defence]") {
    const double x = 0.6, K = (1 + 3 * x * x) / (2 * x), m = x + 1 / x;
    const double max_step = GENERATE(0.03, 0.1, 0.5);
    const auto found =
        locus(problem_of<group_defence>(), {"K", 1.2, 6}, {"m", 1.5, 4}, {.max_step = max_step},
              start_at(point_type::HB, {x, (1 - x / K) * (1 + x * x)}, {K, m}));

    const auto corners = all(found, point_type::BT);
    CAPTURE(max_step);
    REQUIRE(found.branches.size() == 1);
    REQUIRE(corners.size() == 1);
    CHECK_THAT(corners[0].parameters[0], WithinAbs(2, 1e-10));
    CHECK_THAT(corners[0].parameters[1], WithinAbs(2, 1e-10));
    CHECK(all(found, point_type::GH).size() == 1);
}

TEST_CASE("Bazykin's predator and prey have two BT points and a cusp", "[bazykin]") {
    const double max_step = GENERATE(0.05, 0.1, 0.4);
    // the BT with the larger delta, near (0.4536, 0.1751)
    const auto found = locus(
        problem_of<bazykin>(), {"alpha", 0.05, 1.2}, {"delta", 0, 0.5}, {.max_step = max_step},
        start_at(point_type::LP, {6.2657655, 3.6015539}, {0.45362433, 0.17512759}));

    const auto corners = all(found, point_type::BT);
    CAPTURE(max_step);
    REQUIRE(corners.size() == 2);
    for (const auto& corner : corners) {
        const double x = corner.state[0], y = corner.state[1];
        const double alpha = corner.parameters[0], delta = corner.parameters[1];
        const double loss = 1 + alpha * x;  // by hand: the Jacobian's trace and determinant
        const double fx = 1 - y / (loss * loss) - 2 * bazykin::eps * x, fy = -x / loss;
        const double gx = y / (loss * loss), gy = x / loss - bazykin::gamma - 2 * delta * y;
        CHECK_THAT(x - x * y / loss - bazykin::eps * x * x, WithinAbs(0, 1e-10));
        CHECK_THAT(x / loss - bazykin::gamma - delta * y, WithinAbs(0, 1e-10));
        CHECK_THAT(fx + gy, WithinAbs(0, 1e-10));
        CHECK_THAT(fx * gy - fy * gx, WithinAbs(0, 1e-10));
    }
    CHECK(all(found, point_type::CP).size() == 1);
}
