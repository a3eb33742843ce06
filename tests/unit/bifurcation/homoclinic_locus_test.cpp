// SPDX-License-Identifier: MIT
// Homoclinic orbits over two parameters.
#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <tuple>

#include "catch.hpp"
#include "unit/homoclinic_models.hpp"
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

using Eigen::VectorXd;

/// One step of Runge and Kutta's rule.
VectorXd moved(const problem& at, const VectorXd& x, double h) {
    const auto f = [&at](const VectorXd& here) {
        VectorXd out(here.size());
        at.model->rhs(view(here), at.parameters, view(out));
        return out;
    };
    const VectorXd a = f(x), b = f(x + h / 2 * a), c = f(x + h / 2 * b), d = f(x + h * c);
    return x + h / 6 * (a + 2 * b + 2 * c + d);
}

/// Where the flow from x, or back from it, first crosses y = 0 downwards or upwards, in the plane.
double crossing_of(const problem& at, VectorXd x, double h) {
    for (int k = 0; k < 1000000; ++k) {
        const VectorXd next = moved(at, x, h);
        if (k > 10 && x[1] * next[1] <= 0) {  // then by x' = 0 there: Newton's method on the step
            double share = h * x[1] / (x[1] - next[1]);
            for (int n = 0; n < 5; ++n) {
                const double y = moved(at, x, share)[1], e = 1e-6 * h;
                share -= y * e / (moved(at, x, share + e)[1] - y);
            }
            return moved(at, x, share)[0];
        }
        x = next;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

/// The homoclinic curve that leaves the point of this label, and the labels on it.
struct left_curve {
    branch curve;
    std::vector<special_point> points;
};
left_curve homoclinic_from(const problem& at, const parameter_range& a, const parameter_range& b,
                           const special_point& start, double step) {
    const auto found = locus(at, a, b, {.max_step = step}, start);
    left_curve made;
    int curves = 0;
    for (const auto& one : found.branches)
        if (one.kind == "homoclinic") {
            made.curve = one;
            ++curves;
        }
    REQUIRE(curves == 1);
    for (const auto& point : found.special_points)
        if (point.branch == made.curve.id) made.points.push_back(point);
    return made;
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
        CHECK_THAT(rows.at("a")[i], WithinAbs(b * b, 1e-10));   // the ends, cubed, and the mesh
        CHECK_THAT(rows.at("x_max")[i], WithinAbs(1.5, 1e-8));  // where E = 0
        CHECK_THAT(rows.at("y_max")[i], WithinAbs(std::sqrt(1.0 / 3), 1e-8));
        CHECK_THAT(rows.at("stable_re")[i], WithinAbs(-1, 1e-9));
        CHECK_THAT(rows.at("unstable_re")[i], WithinAbs(1, 1e-9));
        CHECK(rows.at("stable_im")[i] == 0);
        CHECK(rows.at("saddle_foci")[i] == 0);
        CHECK_THAT(rows.at("x_min")[i], WithinAbs(0, 1e-14));  // the saddle
        CHECK(rows.at("distance")[i] < 1e-5);
    }
    CHECK_THAT(rows.at("b").front() * rows.at("b").back(), WithinAbs(-0.36, 1e-9));
    CHECK(found.special_points.empty());  // a - b^2 is the saddle quantity, and zero all along
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

TEST_CASE("a homoclinic curve leaves a Bogdanov-Takens point", "[cycles][oracle]") {
    auto at = problem_of<test_models::bogdanov_takens>();
    const parameter_range m{"m", -1, 1}, n{"n", -2, 2};
    const auto starts = test::of_type(locus(at, m, n, {.max_step = 0.1}), point_type::BT);
    REQUIRE(!starts.empty());
    const double step = GENERATE(0.1, 0.5, 2.0);

    const auto [curve, points] = homoclinic_from(at, m, n, starts.front(), step);

    CHECK(points.empty());
    CHECK(curve.first == stop_reason::branch_point);
    CHECK(curve.last == stop_reason::range_end);
    const auto& rows = curve.columns;
    // m = -4 e^4, n = 10/7 e^2 + 288/2401 e^4: Al-Hdaibat et al., SIADS 15 (2016) 952
    const double e2 = std::sqrt(-rows.at("m").front() / 4);
    CHECK(e2 < 0.02);
    CHECK_THAT(rows.at("n").front(),
               WithinAbs(10.0 / 7 * e2 + 288.0 / 2401 * e2 * e2, e2 * e2 * e2));
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        at.parameters = {rows.at("m")[i], rows.at("n")[i]};
        CAPTURE(i, at.parameters[0], at.parameters[1]);
        // both manifolds of the saddle by integration, up to where they pass y = 0
        const double s = std::sqrt(-at.parameters[0]), up = rows.at("unstable_re")[i],
                     down = rows.at("stable_re")[i];
        const double off = -1e-5 * (s - rows.at("x_min")[i]), h = 0.01 / up;
        const VectorXd out = Eigen::Vector2d(s + off, off * up),
                       in = Eigen::Vector2d(s + off, off * down);
        const double there = crossing_of(at, out, h);
        CHECK_THAT(there, WithinAbs(rows.at("x_min")[i], 1e-7));
        CHECK_THAT(there, WithinAbs(crossing_of(at, in, -h), 1e-7));  // 1e-10 of off, amplified
    }
}

TEST_CASE("Koper's homoclinic orbits have AUTO's inclination flips and end at its saddle-node",
          "[cycles][oracle][long]") {
    auto at = problem_of<test_models::koper>();
    const parameter_range lambda{"lambda", -2, 2}, k{"k", -6, 2};
    const auto starts = test::of_type(locus(at, lambda, k, {.max_step = 0.1}), point_type::BT);
    const double step = GENERATE(0.1, 0.5);
    for (const auto& start : starts) {
        if (start.parameters[0] > 0) continue;
        const auto [curve, points] = homoclinic_from(at, lambda, k, start, step);
        CHECK(curve.last == stop_reason::branch_point);
        REQUIRE(points.size() == 3);
        // the manual's chapter on kpr, of T = 60
        for (const auto& [flip, first, second] : {std::tuple{points[0], -1.80166, -0.200266},
                                                  std::tuple{points[1], -1.56876, -0.439547}}) {
            CHECK(flip.type == point_type::IFS);
            CHECK_THAT(flip.parameters[0], WithinAbs(first, 2e-5));
            CHECK_THAT(flip.parameters[1], WithinAbs(second, 2e-5));
        }
        const auto& end = points[2];
        CHECK(end.type == point_type::NCH);
        CAPTURE(end.parameters[0], end.parameters[1]);
        // the manual's chapter on kpr prints .1765003, -2.405345 of T = 1000
        CHECK_THAT(end.parameters[0], WithinAbs(0.1765003, 1e-5));
        CHECK_THAT(end.parameters[1], WithinAbs(-2.405345, 2e-5));
        // lambda = (k + 3) x - x^3 turns there
        const double fold = std::pow((end.parameters[1] + 3) / 3, 1.5) * 2;
        CHECK_THAT(end.parameters[0], WithinAbs(fold, 1e-10));
        // along the folds, by integration: where the unstable manifold turns, at time 6.5, it falls
        // to the one side or the other of the way back
        const auto side = [&](double off) {
            const double there = end.parameters[1] + off, rest = std::sqrt((there + 3) / 3);
            at.parameters = {2 * rest * rest * rest, there};
            VectorXd x = Eigen::Vector3d::Constant(rest);
            x[0] -= 1e-6;
            for (int i = 0; i < 100000; ++i) {
                x = moved(at, x, 2e-4);
                if (i > 30000 && x[0] - rest > -1.05) return 1;
                if (i > 30000 && x[0] - rest < -1.35) return -1;
            }
            return 0;
        };
        if (step > 0.1) continue;
        CHECK(side(-3e-6) == 1);
        CHECK(side(3e-6) == -1);
    }
}

TEST_CASE("a predator's homoclinic orbits end where AUTO's meet the fold", "[cycles][oracle]") {
    const auto at = problem_of<test_models::immigration>();
    const parameter_range k{"K", 2, 12}, z{"Z", 0.01, 0.4};
    const auto starts = test::of_type(locus(at, k, z, {.max_step = 0.1}), point_type::BT);
    REQUIRE(!starts.empty());
    const auto [curve, points] = homoclinic_from(at, k, z, starts[0], GENERATE(0.1, 0.5));

    CHECK(curve.last == stop_reason::branch_point);
    REQUIRE(points.size() == 1);
    CHECK(points[0].type == point_type::NCH);
    // the manual's chapter on mtn prints 5.18039, .0638554 of T = 1046; LSODA (scipy, rtol 1e-12)
    // from 0.02 beside the saddle-node comes back on one side of it or the other about 5.1803076
    CHECK_THAT(points[0].parameters[0], WithinAbs(5.1803076, 1e-6));
    CHECK_THAT(points[0].parameters[1], WithinAbs(0.0638554, 1e-6));
}

TEST_CASE("a circuit's homoclinic orbits have AUTO's saddles on them", "[cycles][oracle]") {
    const auto at = problem_of<test_models::freire_circuit>();
    const parameter_range nu{"nu", -1.2, -0.6};
    const auto start = last_cycle(at, nu, stop_reason::homoclinic);
    const double step = GENERATE(0.1, 0.5);

    const auto found = locus(at, nu, {"be", -0.2, 0.8}, {.max_step = step}, start);

    REQUIRE(found.branches.size() == 1);
    const auto& curve = found.branches[0];
    CHECK((curve.first == stop_reason::branch_point || curve.last == stop_reason::branch_point));
    const auto one = [&found](point_type type) {
        const auto of = test::of_type(found, type);
        REQUIRE(of.size() == 1);
        return of[0];
    };
    CHECK(found.special_points.size() == 3);
    // the manual's chapter on cir, of T = 200
    const auto neutral = one(point_type::NSF), twice = one(point_type::DRS),
               hopf = one(point_type::SH);
    CHECK_THAT(neutral.parameters[0], WithinAbs(-0.7204001, 2e-5));
    CHECK_THAT(neutral.parameters[1], WithinAbs(0.5912315, 2e-5));
    CHECK_THAT(neutral.eigenvalues[0].real() + neutral.eigenvalues[1].real(), WithinAbs(0, 1e-9));
    CHECK_THAT(twice.parameters[0], WithinAbs(-0.7590583, 5e-6));
    CHECK_THAT(twice.parameters[1], WithinAbs(0.7428734, 5e-6));
    CHECK(std::abs(twice.eigenvalues[1] - twice.eigenvalues[2]) < 1e-6);  // half the digits
    CHECK_THAT(hopf.parameters[0], WithinAbs(-1.026445, 2e-4));  // both orbits are cut short
    CHECK_THAT(hopf.parameters[1], WithinAbs(0, 1e-9));          // the trace of the pair is zero
    CHECK_THAT(std::abs(hopf.eigenvalues[1].imag()), WithinAbs(1, 1e-9));
    // and from a point on it the same curve
    const auto again = locus(at, nu, {"be", 0.55, 0.65}, {.max_step = step}, neutral);
    REQUIRE(again.branches.size() == 1);
    CHECK(again.branches[0].first == stop_reason::range_end);
    CHECK(again.branches[0].last == stop_reason::range_end);
}
