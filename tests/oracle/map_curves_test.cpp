// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/map_forms.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <numbers>

#include "catch.hpp"
#include "oracle/labels.hpp"
#include "oracle/map_systems.hpp"
#include "oracle/systems.hpp"

using namespace moebius;
using namespace oracle;
using std::numbers::pi;

namespace {

problem henon_with(double R, double S) {
    auto made = with_defaults(problem_of<generalised_henon>().model);
    made.set("R", R);
    made.set("S", S);
    return made;
}

/// The product of slopes 1 + r - 2 r x along the orbit of the logistic map.
double slope_of_orbit(double r, double x, int period) {
    double product = 1;
    for (int k = 0; k < period; ++k) {
        product *= 1 + r - 2 * r * x;
        x += r * x * (1 - x);
    }
    return product;
}

double nearest(const std::vector<special_point>& points, double p, double q) {
    double off = 1e9;
    for (const auto& point : points)
        off = std::min(off, std::hypot(point.parameters[0] - p, point.parameters[1] - q));
    return off;
}

}  // namespace

TEST_CASE("orbits of the logistic map double and fold where theory says", "[map][period]") {
    const auto logistic_map = problem_of<logistic>();
    const double max_step = GENERATE(0.05, 0.5);
    const auto of_period = [&](std::size_t n) {
        return period_diagram(logistic_map, {1, n}, {"r", 0.5, 2.9}, {.max_step = max_step});
    };
    CAPTURE(max_step);

    const auto two = of_period(2);
    REQUIRE(all(two, point_type::PD).size() == 1);
    CHECK_THAT(all(two, point_type::PD)[0].parameters[0], WithinRel(std::sqrt(6.), 1e-11));
    REQUIRE(all(two, point_type::BP).size() == 1);
    CHECK_THAT(all(two, point_type::BP)[0].parameters[0], WithinRel(2., 1e-10));
    CHECK(two.branches.size() == 1);

    const auto three = of_period(3);
    REQUIRE(all(three, point_type::LP).size() == 1);
    CHECK_THAT(all(three, point_type::LP)[0].parameters[0], WithinRel(std::sqrt(8.), 1e-11));
    REQUIRE(all(three, point_type::PD).size() == 1);
    CHECK(three.branches.size() == 1);

    const auto four = of_period(4);
    REQUIRE(all(four, point_type::BP).size() == 1);
    CHECK_THAT(all(four, point_type::BP)[0].parameters[0], WithinRel(std::sqrt(6.), 1e-10));
    for (const auto& [found, period] : {std::pair(three, 3), std::pair(four, 4)})
        for (const auto& flip : all(found, point_type::PD))
            CHECK_THAT(slope_of_orbit(flip.parameters[0], flip.state[0], period),
                       WithinAbs(-1, 1e-9));
}

TEST_CASE("the orbit of period 2 of the Henon map flips, and is told once", "[map][period]") {
    auto map = problem_of<henon>();
    const double b = GENERATE(0.3, -0.2);
    map.set("b", b);
    const auto found = period_diagram(map, {1, 2}, {"a", -0.5, 2});
    REQUIRE(all(found, point_type::PD).size() == 1);
    CHECK_THAT(all(found, point_type::PD)[0].parameters[0],
               WithinRel((5 - 6 * b + 5 * b * b) / 4, 1e-11));
    REQUIRE(all(found, point_type::BP).size() == 1);
    CHECK_THAT(all(found, point_type::BP)[0].parameters[0],
               WithinRel(3 * (1 - b) * (1 - b) / 4, 1e-10));
}

TEST_CASE("curves of the Henon map over two parameters are those of its formulas", "[map][locus]") {
    const auto found = map_locus(problem_of<henon>(), {1}, {"a", -1.5, 3.5}, {"b", -1.2, 0.9});
    std::size_t rows = 0;
    for (const auto& curve : found.branches) {
        const auto &a = curve.columns.at("a"), &b = curve.columns.at("b");
        for (std::size_t i = 0; i < a.size(); ++i, ++rows) {
            const double square = (1 - b[i]) * (1 - b[i]) / 4;
            CAPTURE(curve.kind, a[i], b[i]);
            if (curve.kind == "fold") CHECK_THAT(a[i], WithinAbs(-square, 1e-9));
            if (curve.kind == "doubling") CHECK_THAT(a[i], WithinAbs(3 * square, 1e-9));
            if (curve.kind == "torus") CHECK_THAT(b[i], WithinAbs(-1, 1e-9));
        }
    }
    CHECK(rows > 30);
    CHECK(nearest(all(found, point_type::R1), -1, -1) < 1e-9);
    CHECK(nearest(all(found, point_type::R2), 3, -1) < 1e-9);
    CHECK(nearest(all(found, point_type::R3), 1.25, -1) < 1e-9);
    CHECK(nearest(all(found, point_type::R4), 0, -1) < 1e-9);
    CHECK(all(found, point_type::CH).empty());  // the coefficient is zero all along
}

TEST_CASE("flips of the orbit of period 2 of the Henon map make a curve", "[map][locus][period]") {
    const auto start = period_diagram(problem_of<henon>(), {1, 2}, {"a", -0.5, 1.2});
    const auto found = map_locus(problem_of<henon>(), {1, 2}, {"a", -0.5, 4}, {"b", -0.9, 0.9}, {},
                                 start.at("PD1"));
    REQUIRE(found.branches.size() == 1);
    const auto &a = found.branches[0].columns.at("a"), &b = found.branches[0].columns.at("b");
    CHECK(a.size() > 5);
    for (std::size_t i = 0; i < a.size(); ++i)
        CHECK_THAT(a[i], WithinAbs((5 - 6 * b[i] + 5 * b[i] * b[i]) / 4, 1e-9));
}

TEST_CASE("resonances of the generalised Henon map stand where its trace says, with their forms",
          "[map][locus]") {
    const double R = GENERATE(-0.5, 0.5), S = 0;
    const auto map = henon_with(R, S);
    const auto found = map_locus(map, {1}, {"alpha", -3, 9}, {"beta", 0.1, 2.5});
    const auto of = [&](point_type type, double theta) {
        const double x = 2 * std::cos(theta) / (R - 2);
        const auto p = generalised_henon::at(x, 1, R, S);
        const auto points = all(found, type);
        CAPTURE(R, theta);
        CHECK(nearest(points, p[0], p[1]) < 1e-9);
        for (const auto& point : points)
            for (const auto& [name, value] : point.normal_form) {
                CAPTURE(name);
                CHECK(std::isfinite(value));
            }
        return points.empty() ? special_point{} : points[0];
    };
    of(point_type::R1, 0);
    of(point_type::R2, pi);
    const auto third = of(point_type::R3, 2 * pi / 3);
    const henon_terms at_third(-1 / (R - 2), 2 * pi / 3, R, S);
    CHECK_THAT(coefficient(third, "a"), WithinRel(at_third.torus(), 1e-8));
    CHECK_THAT(coefficient(third, "b"), WithinRel(std::abs(at_third.g02) / 2, 1e-8));
    const auto quarter = of(point_type::R4, pi / 2);
    const auto [c, d] = henon_terms(0, pi / 2, R, S).quarter();
    const auto A = std::complex<double>(0, -1) * c / std::abs(d);
    CHECK_THAT(coefficient(quarter, "A_re"), WithinRel(A.real(), 1e-8));
    CHECK_THAT(coefficient(quarter, "A_im"), WithinRel(A.imag(), 1e-8));
}

TEST_CASE("the torus coefficient is that of the formula, at and beside a resonance of order 3",
          "[map]") {
    const double R = 0.5, S = GENERATE(0., -1.);
    const double theta = 2 * pi / 3 + GENERATE(0., 1e-9, 1e-5, 0.1);
    const double c = 2 * std::cos(theta);
    const double x =
        S == 0 ? c / (R - 2) : ((2 - R) - std::sqrt((2 - R) * (2 - R) + 12 * S * c)) / (6 * S);
    const auto p = generalised_henon::at(x, 1, R, S);
    const double a = torus_coefficient(*problem_of<generalised_henon>().model, 1, theta, {x, x}, p);
    CHECK_THAT(a, WithinRel(henon_terms(x, theta, R, S).torus(), 1e-9));
}

TEST_CASE("a torus's coefficient vanishes at a CH of the generalised Henon map", "[map][locus]") {
    const double R = 0.5, S = -1;
    const auto found = map_locus(henon_with(R, S), {1}, {"alpha", -0.6, 0.2}, {"beta", 0.7, 1.1});
    const auto points = all(found, point_type::CH);
    REQUIRE(points.size() == 1);
    const double theta = coefficient(points[0], "theta"), x = points[0].state[0];
    CHECK_THAT((R - 2) * x + 3 * S * x * x, WithinAbs(2 * std::cos(theta), 1e-9));
    CHECK_THAT(henon_terms(x, theta, R, S).torus(), WithinAbs(0, 1e-9));
    const auto beside = [&](double angle) {  // on the curve
        const double root = (2 - R) * (2 - R) + 24 * S * std::cos(angle);
        return henon_terms(((2 - R) - std::sqrt(root)) / (6 * S), angle, R, S).torus();
    };
    CHECK(beside(theta + 0.01) * beside(theta - 0.01) < 0);
}

TEST_CASE("a flip's coefficient vanishes at a GPD of the generalised Henon map", "[map][locus]") {
    // b = 0 where 6 S x^2 - 4 (1 + R) x + (1 + R)/S = 0: for R = 2, S = 1 at x = 1 - 1/sqrt(2)
    const double R = 2, S = 1, x = 1 - std::sqrt(0.5), d = -1 - 3 * x * x;
    const auto found = map_locus(henon_with(R, S), {1}, {"alpha", -0.5, 0.5}, {"beta", -1.5, -0.4});
    const auto p = generalised_henon::at(x, d, R, S);
    REQUIRE(all(found, point_type::GPD).size() == 1);
    CHECK(nearest(all(found, point_type::GPD), p[0], p[1]) < 1e-9);
}

TEST_CASE("multipliers 1 and -1 of the generalised Henon map meet on folds and on flips",
          "[map][locus]") {
    // at x = 0 the trace is 0 and the determinant -1
    const auto found =
        map_locus(henon_with(0.5, 0), {1}, {"alpha", -0.5, 0.6}, {"beta", -1.4, -0.5});
    const auto points = all(found, point_type::LPPD);
    REQUIRE(points.size() == 2);
    for (const auto& point : points) {
        CHECK_THAT(point.parameters[0], WithinAbs(0, 1e-9));
        CHECK_THAT(point.parameters[1], WithinAbs(-1, 1e-9));
    }
}

TEST_CASE("one parameter that passes a resonance 1:1 or 1:2 exactly names it", "[map]") {
    const double R = 0.5;
    const auto [type, theta] =
        GENERATE(std::pair(point_type::R1, 0.), std::pair(point_type::R2, pi));
    const double x = 2 * std::cos(theta) / (R - 2);
    const auto p = generalised_henon::at(x, 1, R, 0);
    auto map = henon_with(R, 0);
    map.set("beta", p[1]);
    const auto found = map_diagram(map, 1, {"alpha", p[0] - 1, p[0] + 1});
    const auto points = all(found, type);
    REQUIRE(points.size() == 1);
    CHECK_THAT(points[0].parameters[0], WithinAbs(p[0], 1e-9));
    for (const auto& [name, value] : points[0].normal_form) CHECK(std::isfinite(value));
}

namespace {

/// (w0, w1) <- (-w0 + w1, -w1 + c w0^3 + d w0^2 w1 + e z w0), z <- m z + k w0^2: on the centre
/// manifold z = alpha w0^2 + beta w0 w1 + ..., alpha = k/(1 - m) and beta = 2 alpha/(1 - m), and so
/// c and d grow by e alpha and e beta.
struct doubled_minus {
    static constexpr std::string_view name = "doubled-minus";
    static constexpr std::string_view equation =
        "x' = y - 2 x, y' = -2 y + c x^3 + d x^2 y + e x z, z' = (m - 1) z + k x^2";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 5> parameters{{{"c", "c", "cubic", 0.3},
                                                               {"d", "d", "damping", -0.8},
                                                               {"e", "e", "coupling", 0.7},
                                                               {"k", "k", "drive", 0.4},
                                                               {"m", "m", "decay", 0.2}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 5>& p) const {
        const S &x = u[0], &y = u[1], &z = u[2];
        return {y - 2.0 * x, -2.0 * y + p[0] * x * x * x + p[1] * x * x * y + p[2] * x * z,
                (p[4] - 1.0) * z + p[3] * x * x};
    }
};

/// The time-one map of x' = y, y' = a x^2 + b x y to second order: y <- y + a (x^2 + x y) + b x y,
/// x
/// <- x + y + a x^2/2, of which a shift of y makes the normal form with 2 a + b.
struct doubled_one {
    static constexpr std::string_view name = "doubled-one";
    static constexpr std::string_view equation = "x' = y + a x^2/2, y' = a (x^2 + x y) + b x y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"a", "a", "bend", 0.6}, {"b", "b", "damping", -0.35}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 2>& p) const {
        const S &x = u[0], &y = u[1];
        return {y + 0.5 * p[0] * x * x, p[0] * (x * x + x * y) + p[1] * x * y};
    }
};

}  // namespace

TEST_CASE("R1 and R2 have the coefficients of the maps that they are made of", "[map]") {
    const auto minus = problem_of<doubled_minus>();
    const auto second = resonance_2_at(*minus.model, 1, {0, 0, 0}, minus.parameters);
    const double alpha = 0.4 / 0.8, beta = 2 * alpha / 0.8;
    CHECK_THAT(second.c, WithinAbs(0.3 + 0.7 * alpha, 1e-13));
    CHECK_THAT(second.d, WithinAbs(-0.8 + 0.7 * beta, 1e-13));
    const auto one = problem_of<doubled_one>();
    const auto first = resonance_1_at(*one.model, 1, {0, 0}, one.parameters);
    CHECK_THAT(first.a, WithinAbs(0.6, 1e-13));
    CHECK_THAT(first.b - 2 * first.a, WithinAbs(-0.35, 1e-13));
}
