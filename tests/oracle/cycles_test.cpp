// SPDX-License-Identifier: MIT
// Cycles of textbook systems: periods, extremes, multipliers and labels against closed forms and
// against shooting with DOP853 at rtol 1e-13, extremes where the flow of a state is zero.
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <numbers>

#include "catch.hpp"
#include "oracle/cycle_systems.hpp"
#include "oracle/labels.hpp"
#include "oracle/textbook.hpp"

using namespace moebius;
using namespace oracle;

namespace {

using enum point_type;

constexpr double pi = std::numbers::pi;
constexpr double eight = 1e-8;  // digits demanded, relative to the value or to 1

problem at_values(problem base, std::vector<double> parameters) {
    base.parameters = std::move(parameters);
    return base;
}

diagram from_hopf(const problem& base, const parameter_range& range, double max_step,
                  std::size_t which = 0) {
    const auto rest = equilibrium_diagram(base, range);
    diagram found;
    add_cycle_branch(found, base, range, all(rest, HB).at(which), {.max_step = max_step});
    return found;
}

/// A circle of radius 1 in the first two states.
diagram from_circle(const problem& base, const parameter_range& range, double max_step) {
    constexpr std::size_t points = 80;
    orbit circle;
    circle.period = 2 * pi;
    circle.degree = 4;
    for (std::size_t k = 0; k <= points; ++k) {
        const double t = static_cast<double>(k) / points;
        circle.times.push_back(t);
        circle.states.insert(circle.states.end(),
                             {std::cos(2 * pi * t), std::sin(2 * pi * t), 0, 0});
    }
    diagram found;
    add_cycle_branch(found, base, range, cycle_start(base, circle), {.max_step = max_step});
    return found;
}

/// The cycle where a branch ends at this value.
special_point end_at(const diagram& found, double value) {
    for (const auto& point : all(found, EP))
        if (std::abs(point.parameters[0] - value) < 1e-12 * (1 + std::abs(value))) return point;
    FAIL("no end at " << value);
    return {};
}

double value_in(const diagram& found, const special_point& point, std::string_view column) {
    return found.branches.at(static_cast<std::size_t>(point.branch - 1))
        .columns.at(std::string(column))[point.row];
}

/// Whether one of the multipliers besides the trivial one is this.
void has_multiplier(const special_point& point, std::complex<double> wanted, double tolerance) {
    double nearest = 1e300;
    for (const auto mu : point.eigenvalues) nearest = std::min(nearest, std::abs(mu - wanted));
    CAPTURE(point.label, wanted);
    CHECK(nearest < tolerance);
}

/// The labels of these types, in the order of the branch, and no others but ends.
void check_points(const diagram& found, const std::vector<std::pair<point_type, double>>& wanted,
                  std::size_t parameter = 0) {
    std::vector<special_point> labels;
    for (const auto& point : found.special_points)
        if (point.type != EP) labels.push_back(point);
    for (const auto& point : labels)
        UNSCOPED_INFO(point.label << " " << point.parameters[parameter]);
    REQUIRE(labels.size() == wanted.size());
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        CHECK(labels[k].type == wanted[k].first);
        CHECK_THAT(labels[k].parameters[parameter], WithinAbs(wanted[k].second, eight));
    }
}

}  // namespace

TEST_CASE("Genesio and Tesi's cycle and its doubling", "[cycles][textbook]") {
    const double max_step = GENERATE(0.1, 0.5, 1.0);
    CAPTURE(max_step);
    const auto to_cycle = from_hopf(problem_of<genesio_tesi>(), {"alpha", 0.8, 4}, max_step);
    const auto end = end_at(to_cycle, 0.8);
    CHECK_THAT(end.cycle->period, WithinAbs(6.328627206464, eight));
    CHECK_THAT(value_in(to_cycle, end, "x_min"), WithinAbs(-0.337572487308, eight));
    CHECK_THAT(value_in(to_cycle, end, "x_max"), WithinAbs(0.543310340223, eight));
    has_multiplier(end, 0.05901706, eight);
    has_multiplier(end, 0.10720923, eight);

    const auto doubling = from_hopf(problem_of<genesio_tesi>(), {"alpha", 0.62, 4}, max_step);
    check_points(doubling, {{PD, 0.6303020061596}});
    const auto flip = all(doubling, PD).at(0);
    CHECK_THAT(flip.cycle->period, WithinAbs(6.364071339441, eight));
    has_multiplier(flip, -0.01811007, eight);
    has_multiplier(flip, -1, 1e-7);  // 1e-8 of the parameter
}

TEST_CASE("Steinmetz and Larter's torus point on the cycles of a Hopf point",
          "[cycles][textbook][long]") {
    // [ref] shooting with DOP853 at rtol 1e-13 on |mu| = 1; MatCont's tutorial prints 0.71643356
    const auto base = at_values(problem_of<steinmetz_larter>(), {0.72, 0.5});
    const parameter_range range{"k7", 0.705, 0.725};
    const auto rest = equilibrium_diagram(
        base, range, {.searches = 2},
        start_at(EP, {1.872340425532, 25.5, 0.0152458581538, 0.17761126533}, base.parameters));
    diagram found;
    add_cycle_branch(found, base, range, all(rest, HB).at(0), {.max_step = 2, .max_turn = 0.5});
    check_points(found, {{NS, 0.7164335643799}});
    CHECK_THAT(all(found, NS)[0].cycle->period, WithinAbs(10.91212687773, eight));
}

// A = (k7 - k8)/.1175, and A B, X and Y do not depend on k7: branches cross nowhere, and meet where
// B is infinite.
TEST_CASE("Steinmetz and Larter's states have no branch point, though one decays ever slower",
          "[equilibria][oracle]") {
    const auto found =
        equilibrium_diagram(at_values(problem_of<steinmetz_larter>(), {1.5, 0.75}), {"k7", 0.1, 3});
    CHECK(all(found, BP).empty());
    CHECK(all(found, HB).size() >= 3);
}

TEST_CASE("Steinmetz and Larter's torus point and fold on settled cycles",
          "[cycles][textbook][long]") {
    // [ref] shooting with DOP853 at rtol 1e-13
    const auto base = at_values(problem_of<steinmetz_larter>(), {1.5, 0.75});
    const parameter_range range{"k8", 0.74, 0.9};
    const std::vector<double> x0{7.527524, 9.375989, 0.0001696405, 5.671525e-05};
    const auto way =
        integrate(base, x0, 17, {.samples = 2000, .flow = {.rtol = 1e-9, .atol = 1e-11}});
    const auto loop = last_loop(way.columns);
    REQUIRE(loop);
    diagram found;
    add_cycle_branch(found, base, range, cycle_start(base, *loop),
                     {.max_step = 2, .max_points = 200});
    check_points(found, {{NS, 0.8252022368224}, {LPC, 0.8439136115628}}, 1);
    CHECK_THAT(all(found, NS)[0].cycle->period, WithinAbs(15.0249244444, 2 * eight));
    CHECK_THAT(all(found, LPC)[0].cycle->period, WithinAbs(13.36503799177, 1e-6));  // a fold
}

// Harmonic cycles of any amplitude at mu = 0, from which those of mu != 0 leave at amplitude 2: the
// mean of (1 - x^2) x'^2 over one vanishes there.
TEST_CASE("van der Pol's cycles leave the harmonic ones at amplitude 2", "[cycles][textbook]") {
    const double max_step = GENERATE(0.1, 0.3, 1.0), to = GENERATE(10.0, 100.0, 1000.0);
    CAPTURE(max_step, to);
    const auto base = at_values(problem_of<van_der_pol>(), {-0.1});
    const parameter_range range{"mu", -0.1, to};
    diagram found;
    add_cycle_branch(found, base, range, equilibrium_diagram(base, range).at("HB1"),
                     {.max_step = max_step, .max_points = 200});
    const auto crossings = all(found, BP);
    REQUIRE(crossings.size() == 1);
    CHECK_THAT(value_in(found, crossings[0], "x_max"), WithinAbs(2, std::max(1e-7, 1e-9 * to)));
    CHECK_THAT(crossings[0].parameters[0], WithinAbs(0, 1e-9 * to));
    CHECK(all(found, LPC).empty());
    CHECK(all(found, PD).empty());
}

TEST_CASE("Bautin's fold of cycles", "[cycles][textbook]") {
    const double max_step = GENERATE(0.1, 0.5, 1.0), beta = GENERATE(-1.0, -0.5, -0.1);
    CAPTURE(max_step, beta);
    const auto base = at_values(problem_of<bautin_form>(), {-0.1, beta});
    const auto found = from_hopf(base, {"mu", -0.1, beta * beta / 2}, max_step);
    check_points(found, {{LPC, beta * beta / 4}});
    const auto fold = all(found, LPC).at(0);
    CHECK_THAT(fold.cycle->period, WithinAbs(2 * pi, eight));
    CHECK_THAT(value_in(found, fold, "x_max"),
               WithinAbs(std::sqrt(-beta / 2), 1e-7));  // sqrt of the parameter
}

TEST_CASE("the circle beside a turning plane has its torus point at any turn",
          "[cycles][textbook]") {
    // also where mu^2, mu^3 or mu^4 is 1: those multipliers are named as they are
    const double max_step = GENERATE(0.1, 1.0), turn = GENERATE(0.2, 1. / 3, 0.25);
    CAPTURE(max_step, turn);
    const auto base = at_values(problem_of<torus_form>(), {-0.1, turn});
    const auto found = from_circle(base, {"mu", -0.5, 0.5}, max_step);
    check_points(found, {{NS, 0}});
    const auto point = all(found, NS).at(0);
    CHECK_THAT(point.cycle->period, WithinAbs(2 * pi, eight));
    has_multiplier(point, std::polar(1.0, 2 * pi * turn), eight);
    has_multiplier(point, std::exp(-4 * pi), eight);
}

TEST_CASE("the circle beside a plane that turns by half has its doubling", "[cycles][textbook]") {
    const double max_step = GENERATE(0.1, 0.5, 1.0);
    CAPTURE(max_step);
    const auto found =
        from_circle(at_values(problem_of<flip_form>(), {-0.2}), {"mu", -0.5, 0.5}, max_step);
    check_points(found, {{PD, 0}});
    const auto point = all(found, PD).at(0);
    CHECK_THAT(point.cycle->period, WithinAbs(2 * pi, eight));
    has_multiplier(point, -std::exp(-2 * pi), eight);
    has_multiplier(point, std::exp(-4 * pi), eight);
}

TEST_CASE("Lorenz's unstable cycle round one wing", "[cycles][textbook]") {
    struct known {
        double rho, period, multiplier;
    };
    const auto wanted =
        GENERATE(known{24, 0.67933676420, 1.03208830}, known{22, 0.76438642743, 1.16076301});
    const double max_step = GENERATE(0.1, 1.0);
    CAPTURE(max_step, wanted.rho);
    const auto base = problem_of<lorenz_63>();
    const parameter_range range{"rho", wanted.rho, 26};
    const auto rest = equilibrium_diagram(base, range);
    for (const auto& hopf : all(rest, HB)) {
        diagram found;
        add_cycle_branch(found, base, range, hopf, {.max_step = max_step});
        const auto end = end_at(found, wanted.rho);
        CHECK_THAT(end.cycle->period, WithinAbs(wanted.period, eight));
        has_multiplier(end, wanted.multiplier, 2 * eight);  // eight digits are given
    }
}

TEST_CASE("the predators' cycle, and van der Pol's", "[cycles][textbook]") {
    const double max_step = GENERATE(0.1, 1.0);
    CAPTURE(max_step);
    const auto prey = from_hopf(problem_of<predator_prey>(), {"p", 0.1, 0.7}, max_step);
    const auto end = end_at(prey, 0.7);
    CHECK_THAT(end.cycle->period, WithinAbs(17.1298908817, 2 * eight));
    CHECK_THAT(value_in(prey, end, "u1_min"), WithinAbs(0.157537600162, eight));
    CHECK_THAT(value_in(prey, end, "u1_max"), WithinAbs(0.600214451399, eight));
    has_multiplier(end, 0.40359201, eight);

    const auto base = at_values(problem_of<van_der_pol>(), {1});
    const std::vector<double> x0{2, 0};
    const auto way = integrate(base, x0, 60, {.samples = 4000});
    const auto loop = last_loop(way.columns);
    REQUIRE(loop);
    diagram found;
    add_cycle_branch(found, base, {"mu", 0.1, 5}, cycle_start(base, *loop), {.max_step = max_step});
    check_points(found, {});
    const auto weak = end_at(found, 0.1), strong = end_at(found, 5);
    CHECK_THAT(weak.cycle->period, WithinAbs(6.2871112722887, eight));
    CHECK_THAT(value_in(found, weak, "x_max"), WithinAbs(2.000103975927, eight));
    CHECK_THAT(strong.cycle->period, WithinAbs(11.61223066772, 10 * eight));  // relative
    CHECK_THAT(value_in(found, strong, "x_max"), WithinAbs(2.021508061562, eight));
}
