// SPDX-License-Identifier: MIT
// Period doublings and tori over two parameters.
#include <moebius/bifurcation/cycle_multiplier_curve.hpp>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <numbers>
#include <string>

#include "catch.hpp"
#include "unit/branching_cycles.hpp"
#include "unit/resonant_cycles.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using curve_kind = cycle_multiplier_curve::kind;
using test::of_type;

constexpr double turn = 2 * std::numbers::pi;

/// The first point of this type along one parameter, from a circle.
special_point first_of(point_type type, const problem& at, const parameter_range& range,
                       double radius = 1) {
    auto circle = test_models::circle_start(at, turn, 0);
    for (double& x : circle.cycle->states) x *= radius;
    for (double& x : circle.state) x *= radius;
    diagram made;
    add_cycle_branch(made, at, range, circle, {.max_step = 0.5});
    const auto found = of_type(made, type);
    REQUIRE(!found.empty());
    return found.front();
}

/// Characteristic values of u'' + (a - 2 q cos 2 t) u = 0 at q = 1, by rising value, as those of
/// Hill's determinants: a0, b1, a1, b2, a2.
std::array<double, 5> mathieu_values() {
    const auto of = [](double first, double corner, double second) {  // first, second: of the modes
        constexpr Index modes = 24;
        MatrixXd hill = MatrixXd::Zero(modes, modes);
        for (Index k = 0; k < modes; ++k) {
            const double mode = first + 2 * static_cast<double>(k);
            hill(k, k) = mode * mode;
            if (k > 0) hill(k, k - 1) = hill(k - 1, k) = k == 1 ? second : 1;
        }
        hill(0, 0) += corner;
        const Eigen::SelfAdjointEigenSolver<MatrixXd> solved(hill);
        return std::pair{solved.eigenvalues()[0], solved.eigenvalues()[1]};
    };
    const auto even = of(0, 0, std::numbers::sqrt2);
    return {even.first, of(1, -1, 1).first, of(1, 1, 1).first, of(2, 0, 1).first, even.second};
}

/// Half the trace of Mathieu's equation over a turn, by Runge and Kutta's rule.
double half_trace(double c, double d) {
    constexpr int steps = 4000;
    const double h = turn / steps;
    Eigen::Matrix2d m = Eigen::Matrix2d::Identity();
    const auto slope = [&](double t, const Eigen::Matrix2d& at) -> Eigen::Matrix2d {
        const Eigen::Matrix2d of{{0, 1}, {-d - std::cos(t) / 2, -c}};
        return of * at;
    };
    for (int k = 0; k < steps; ++k) {
        const double t = k * h;
        const Eigen::Matrix2d k1 = slope(t, m), k2 = slope(t + h / 2, m + h / 2 * k1),
                              k3 = slope(t + h / 2, m + h / 2 * k2), k4 = slope(t + h, m + h * k3);
        m += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    return m.trace() / 2;
}

void check_derivative(cycle_multiplier_curve& curve, const special_point& point) {
    const VectorXd u = curve.guess(*point.cycle, point.parameters);
    REQUIRE(curve.adapt(u));
    const Index n = u.size();
    VectorXd f(n - 1), ahead(n - 1), behind(n - 1);
    const double h = 1e-5;
    for (const Index shift : {0, 7, 31, 150}) {
        // A direction's image: [DF; t] x = (DF x, t x), so solving for it must give x back.
        VectorXd x = VectorXd::Zero(n);
        x[shift] = x[n - 4] = x[n - 3] = x[n - 2] = x[n - 1] = 0.5;
        REQUIRE(curve.linearize(u + h * x, ahead));
        REQUIRE(curve.linearize(u - h * x, behind));
        REQUIRE(curve.linearize(u, f));
        const VectorXd row = VectorXd::Unit(n, n - 1) + 0.5 * VectorXd::Unit(n, n - 3);
        VectorXd image(n);
        image << (ahead - behind) / (2 * h), row.dot(x);
        curve.derivative().factor(row);
        curve.derivative().solve_in_place(image);
        CAPTURE(shift);
        CHECK((image - x).norm() < 1e-6);  // differences: h^2, and rounding over h
    }
}

}  // namespace

TEST_CASE("the derivatives of doubling and torus conditions are those of their values",
          "[cycles][oracle]") {
    const auto at = problem_of<test_models::mathieu_cycle>();
    const std::vector<parameter_range> ranges{{"c", -0.5, 0.5}, {"d", -0.2, 1.2}};
    auto doubling = at;
    doubling.set("d", 0.2);
    const auto flip = first_of(point_type::PD, doubling, {"c", -0.5, 0.9});
    cycle_multiplier_curve flips(curve_kind::doubling, doubling, ranges, *flip.cycle);
    check_derivative(flips, flip);
    for (const double d : {-0.1, -0.04}) {  // across the flow, and not
        auto torus = at;
        torus.set("d", d);
        const auto pair = first_of(point_type::NS, torus, {"c", -0.5, 0.5});
        cycle_multiplier_curve pairs(curve_kind::torus, torus, ranges, *pair.cycle);
        check_derivative(pairs, pair);
    }
}

TEST_CASE("tori of Mathieu's equation run from one characteristic value to the next",
          "[cycles][oracle]") {
    auto at = problem_of<test_models::mathieu_cycle>();
    const auto values = mathieu_values();
    const bool second = GENERATE(false, true);
    at.set("d", second ? 0.7 : -0.07);
    const double step = GENERATE(0.1, 0.5);
    const auto start = first_of(point_type::NS, at, {"c", -0.5, 0.5});

    const auto found = locus(at, {"c", -0.5, 0.5}, {"d", -0.2, 1.2}, {.max_step = step}, start);

    REQUIRE(found.branches.size() == 1);
    const auto& branch = found.branches[0];
    CHECK(branch.kind == "torus of cycles");
    CHECK(branch.first == stop_reason::branch_point);
    CHECK(branch.last == stop_reason::branch_point);
    const auto& rows = branch.columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        CAPTURE(i, rows.at("d")[i]);
        CHECK_THAT(rows.at("c")[i], WithinAbs(0, 1e-9));
        CHECK_THAT(std::cos(rows.at("angle")[i]),
                   WithinAbs(half_trace(0, rows.at("d")[i]), 1e-8));  // mesh
        CHECK(rows.at("n_unstable")[i] == 0);
    }
    // 1:1 where solutions of Mathieu's period are, 1:2 where those of twice it
    const double one = (second ? values[3] : values[0]) / 4, two = values[second ? 2 : 1] / 4;
    REQUIRE(found.special_points.size() == 4);
    const auto r1 = of_type(found, point_type::R1), r2 = of_type(found, point_type::R2);
    REQUIRE(r1.size() == 1);
    REQUIRE(r2.size() == 1);
    CHECK_THAT(r1[0].parameters[1], WithinAbs(one, 1e-8));
    CHECK_THAT(r2[0].parameters[1], WithinAbs(two, 1e-8));
    REQUIRE(of_type(found, point_type::R3).size() == 1);
    REQUIRE(of_type(found, point_type::R4).size() == 1);
    CHECK_THAT(half_trace(0, of_type(found, point_type::R3)[0].parameters[1]),
               WithinAbs(-0.5, 1e-8));
    CHECK_THAT(half_trace(0, of_type(found, point_type::R4)[0].parameters[1]), WithinAbs(0, 1e-8));
}

TEST_CASE("Mathieu's equation doubles its period in a tongue with two resonances 1:2",
          "[cycles][oracle]") {
    auto at = problem_of<test_models::mathieu_cycle>();
    at.set("d", 0.2);
    const auto start = first_of(point_type::PD, at, {"c", -0.5, 0.9});

    const auto found = locus(at, {"c", -1, 1}, {"d", -0.2, 1.2}, {.max_step = 0.5}, start);

    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].kind == "doubling of cycles");
    CHECK(found.branches[0].last == stop_reason::closed);
    const auto& rows = found.branches[0].columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const double c = rows.at("c")[i], d = rows.at("d")[i], product = std::exp(-turn * c);
        CAPTURE(i, c, d);
        CHECK_THAT(half_trace(c, d), WithinAbs(-(1 + product) / 2, 1e-8 * (1 + product)));
    }
    const auto values = mathieu_values();
    auto resonances = of_type(found, point_type::R2);
    REQUIRE(resonances.size() == 2);
    // Time runs backwards with -c: where the coefficient vanishes (b of the plane's map by the
    // classical rule changes its sign there), it does at both.
    const auto flat = of_type(found, point_type::GPD);
    REQUIRE(flat.size() == 2);
    CHECK_THAT(flat[0].parameters[0] + flat[1].parameters[0], WithinAbs(0, 1e-7));
    CHECK_THAT(flat[0].parameters[1] - flat[1].parameters[1], WithinAbs(0, 1e-7));
    REQUIRE(found.special_points.size() == 4);
    if (resonances[0].parameters[1] > resonances[1].parameters[1])
        std::swap(resonances[0], resonances[1]);
    for (const std::size_t k : {0U, 1U}) {
        CHECK_THAT(resonances[k].parameters[0], WithinAbs(0, 1e-8));
        CHECK_THAT(resonances[k].parameters[1], WithinAbs(values[1 + k] / 4, 1e-8));
    }
}

TEST_CASE("Genesio and Tesi's doublings pass the resonances that MatCont prints",
          "[cycles][oracle]") {
    const auto at = problem_of<test_models::genesio_tesi>();
    const parameter_range alpha{"alpha", -1.2, 1.2}, beta{"beta", 0.3, 2.5};
    const auto hopf = find_hopf(at, alpha, {0, 0, 0}, at.parameters, 1.0);
    diagram cycles;
    add_cycle_branch(cycles, at, alpha, hopf.value(), {.max_step = 0.5, .max_points = 60});
    const auto flips = of_type(cycles, point_type::PD);
    REQUIRE(!flips.empty());
    CHECK_THAT(flips[0].parameters[0], WithinAbs(0.6303020061596, 1e-9));  // shooting, DOP853

    const auto found = locus(at, alpha, beta, {.max_step = 0.5}, flips[0]);

    REQUIRE(found.branches.size() == 1);
    const auto resonances = of_type(found, point_type::R2);
    REQUIRE(resonances.size() == 2);
    for (const auto& [value, period] :
         {std::pair{1.698711, 4.841835}, std::pair{0.6782783, 9.058318}}) {  // MatCont's digits
        const auto near = std::min_element(
            resonances.begin(), resonances.end(), [value = value](const auto& l, const auto& r) {
                return std::abs(l.parameters[1] - value) < std::abs(r.parameters[1] - value);
            });
        CHECK_THAT(near->parameters[0], WithinAbs(0, 1e-8));
        CHECK_THAT(near->parameters[1], WithinAbs(value, 1e-6));
        CHECK_THAT(near->cycle->period, WithinAbs(period, 1e-5));
    }
}

TEST_CASE("the ends of a curve of doublings are labels of runs over one parameter",
          "[cycles][oracle]") {
    auto at = problem_of<test_models::genesio_tesi>();
    const parameter_range alpha{"alpha", 0.3, 1.4};
    const auto doubling_at = [&](double beta) {
        at.set("beta", beta);
        const auto hopf = find_hopf(at, alpha, {0, 0, 0}, at.parameters, std::sqrt(beta));
        diagram cycles;
        add_cycle_branch(cycles, at, alpha, hopf.value(), {.max_step = 0.5, .max_points = 60});
        return of_type(cycles, point_type::PD).at(0);
    };
    const auto found = locus(at, alpha, {"beta", 0.8, 1.2}, {.max_step = 0.5}, doubling_at(1));
    REQUIRE(found.branches.size() == 1);
    const auto& rows = found.branches[0].columns;
    for (const std::size_t end : {std::size_t{0}, rows.rows() - 1}) {
        const auto alone = doubling_at(rows.at("beta")[end]);
        CAPTURE(rows.at("beta")[end]);
        CHECK((std::abs(rows.at("beta")[end] - 0.8) < 1e-12 ||
               std::abs(rows.at("beta")[end] - 1.2) < 1e-12));
        CHECK_THAT(rows.at("alpha")[end], WithinAbs(alone.parameters[0], 1e-8));  // meshes differ
        CHECK_THAT(rows.at("period")[end], WithinRel(alone.cycle->period, 1e-8));
    }
}

TEST_CASE("doublings fold with their cycles, and tori cross them", "[cycles][oracle][long]") {
    const auto at = problem_of<test_models::folded_band>();
    const double radius = std::sqrt(1 + std::sqrt(0.1));  // at fold = 0.1
    const auto from = first_of(point_type::PD, at, {"flip", -0.3, 0.3}, radius);
    REQUIRE(std::abs(from.parameters[1]) < 1e-9);

    const auto folds = locus(at, {"fold", -0.2, 0.3}, {"flip", -0.3, 0.3}, {.max_step = 0.5}, from);
    REQUIRE(folds.branches.size() == 1);
    const auto& rows = folds.branches[0].columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const double r = rows.at("x_max")[i], s = r * r - 1;
        CHECK_THAT(rows.at("flip")[i], WithinAbs(0, 1e-9));
        CHECK_THAT(rows.at("fold")[i], WithinAbs(s * s, 1e-7));  // mesh: of extremes
    }
    const auto both = of_type(folds, point_type::LPPD);
    REQUIRE(both.size() == 1);
    CHECK_THAT(both[0].parameters[0], WithinAbs(0, 1e-10));
    CHECK(of_type(folds, point_type::R2).empty());

    const auto tori = locus(at, {"flip", -0.3, 0.3}, {"torus", -0.3, 0.3}, {.max_step = 0.5}, from);
    const auto crossed = of_type(tori, point_type::PDNS);
    REQUIRE(crossed.size() == 1);
    CHECK_THAT(crossed[0].parameters[2], WithinAbs(0, 1e-8));

    const auto pair = first_of(point_type::NS, at, {"torus", -0.3, 0.3}, radius);
    const auto along =
        locus(at, {"torus", -0.3, 0.3}, {"flip", -0.3, 0.3}, {.max_step = 0.5}, pair);
    CHECK(along.branches.at(0).kind == "torus of cycles");
    const auto met = of_type(along, point_type::PDNS);
    REQUIRE(met.size() == 1);
    CHECK_THAT(met[0].parameters[1], WithinAbs(0, 1e-8));
    const auto folded =
        locus(at, {"fold", -0.2, 0.3}, {"torus", -0.3, 0.3}, {.max_step = 0.5}, pair);
    const auto fold = of_type(folded, point_type::LPNS);
    REQUIRE(fold.size() == 1);
    CHECK_THAT(fold[0].parameters[0], WithinAbs(0, 1e-10));
}

TEST_CASE("folds of cycles pass doublings and tori", "[cycles][oracle]") {
    const auto at = problem_of<test_models::folded_band>();
    const double radius = std::sqrt(1 + std::sqrt(0.1));  // at fold = 0.1
    const auto from = first_of(point_type::LPC, at, {"fold", -0.2, 0.3}, radius);
    const auto type = GENERATE(point_type::LPPD, point_type::LPNS);
    const std::string other = type == point_type::LPPD ? "flip" : "torus";  // both at 0

    const auto found = locus(at, {other, -0.3, 0.3}, {"fold", -0.2, 0.3}, {.max_step = 0.5}, from);

    CHECK(found.branches.at(0).kind == "fold of cycles");
    const auto both = of_type(found, type);
    REQUIRE(both.size() == 1);
    CHECK_THAT(both[0].parameters[0], WithinAbs(0, 1e-9));
    CHECK_THAT(both[0].parameters[at.index_of(other)], WithinAbs(0, 1e-9));
    CHECK(of_type(found, point_type::R1).empty());
}

TEST_CASE("branch points of cycles are followed while a symmetry keeps them", "[cycles][oracle]") {
    const auto at = problem_of<test_models::branching_circle>();
    const auto start = first_of(point_type::BP, at, {"m", -0.5, 0.5});

    const auto found = locus(at, {"m", -0.5, 0.5}, {"s", -0.4, 0.4}, {.max_step = 0.5}, start);
    REQUIRE(found.branches.size() == 1);
    const auto& branch = found.branches[0];
    CHECK(branch.kind == "branch point of cycles");
    CHECK(branch.first == stop_reason::range_end);
    CHECK(branch.last == stop_reason::range_end);
    const auto& rows = branch.columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        CHECK_THAT(rows.at("m")[i], WithinAbs(rows.at("s")[i], 1e-8));
        CHECK_THAT(rows.at("u_max")[i], WithinAbs(0, 1e-8));
        CHECK_THAT(rows.at("period")[i], WithinAbs(turn, 1e-8));
        CHECK(rows.at("n_unstable")[i] == 0);
    }

    // h breaks the symmetry: there is one point alone.
    const auto lone = locus(at, {"m", -0.5, 0.5}, {"h", -0.1, 0.1}, {.max_step = 0.5}, start);
    for (const double h : lone.branches.at(0).columns.at("h")) CHECK(std::abs(h) < 1e-6);
    CHECK(lone.branches[0].last == stop_reason::singular);
}

TEST_CASE("symmetry breaks along a curve whose ends are labels of AUTO's tor", "[cycles][oracle]") {
    auto at = problem_of<test_models::symmetric_circuit>();
    const parameter_range nu{"nu", -0.9, -0.4};
    const auto broken_at = [&](double be) {
        at.set("be", be);
        diagram found;
        continuation_options options{.max_step = 0.2};
        options.longest_period = 20;
        add_cycle_branch(found, at, nu, equilibrium_diagram(at, nu).at("HB1"), options);
        return of_type(found, point_type::BP).at(0);
    };
    const auto found = locus(at, nu, {"be", 0.48, 0.52}, {.max_step = 0.5}, broken_at(0.5));
    REQUIRE(found.branches.size() == 1);
    const auto& rows = found.branches[0].columns;
    for (const std::size_t end : {std::size_t{0}, rows.rows() - 1}) {
        const auto alone = broken_at(rows.at("be")[end]);
        CAPTURE(rows.at("be")[end]);
        CHECK(std::abs(std::abs(rows.at("be")[end] - 0.5) - 0.02) < 1e-12);
        CHECK_THAT(rows.at("nu")[end], WithinAbs(alone.parameters[0], 1e-6));  // of the crossing
        CHECK_THAT(rows.at("period")[end], WithinRel(alone.cycle->period, 1e-5));
        CHECK_THAT(rows.at("x_max")[end], WithinAbs(-rows.at("x_min")[end], 1e-7));
    }
}

TEST_CASE("a cycle that is no doubling, torus or fold starts no curve", "[cycles][error]") {
    const auto at = problem_of<test_models::mathieu_cycle>();
    const auto plain = test_models::circle_start(at, turn, 0);
    CHECK_THROWS_AS(locus(at, {"c", -0.5, 0.5}, {"d", -0.2, 1.2}, {}, plain), invalid_argument);
    auto named = plain;
    named.type = point_type::PD;
    named.label = "PD1";
    CHECK_THROWS_AS(locus(at, {"c", -0.5, 0.5}, {"d", -0.2, 1.2}, {}, named), invalid_argument);
}
