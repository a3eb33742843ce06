// SPDX-License-Identifier: MIT
#include <moebius/bifurcation/cycle_fold_curve.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <numbers>

#include "catch.hpp"
#include "unit/cycle_models.hpp"
#include "unit/rotating_cycles.hpp"

using namespace moebius;

namespace {

/// The fold of the round cycles at cubic = 1, quintic = -1.
special_point round_fold(problem& at) {
    at.set("cubic", 1);
    at.set("quintic", -1);
    at.set("twist", 0.5);
    const auto hopf = find_hopf(at, {"mu", -1, 1}, {0, 0}, at.parameters, 1.1);
    diagram cycles;
    add_cycle_branch(cycles, at, {"mu", -1, 1}, hopf.value());
    const auto fold = std::find_if(cycles.special_points.begin(), cycles.special_points.end(),
                                   [](const auto& point) { return point.type == point_type::LPC; });
    return *fold;
}

}  // namespace

TEST_CASE("the derivative of the fold condition is that of its values", "[cycles][oracle]") {
    auto at = problem_of<test_models::round_cycles>();
    const auto fold = round_fold(at);
    cycle_fold_curve curve(at, {{"mu", -1, 1}, {"cubic", -1, 2}}, *fold.cycle);
    const Eigen::VectorXd u =
        curve.scale(piecewise_of(*fold.cycle), fold.cycle->period, fold.parameters);
    REQUIRE(curve.adapt(u));
    const Eigen::Index n = u.size();
    Eigen::VectorXd f(n - 1), ahead(n - 1), behind(n - 1);
    const double h = 1e-5;

    for (const Eigen::Index shift : {0, 7, 31}) {
        // A direction's image: [DF; t] x = (DF x, t x), so solving for it must give x back.
        Eigen::VectorXd x = Eigen::VectorXd::Zero(n);
        x[shift] = x[n - 3] = x[n - 2] = x[n - 1] = 0.5;
        REQUIRE(curve.linearize(u + h * x, ahead));
        REQUIRE(curve.linearize(u - h * x, behind));
        REQUIRE(curve.linearize(u, f));
        Eigen::VectorXd image(n);
        image << (ahead - behind) / (2 * h), x[n - 1];
        curve.derivative().factor(Eigen::VectorXd::Unit(n, n - 1));
        curve.derivative().solve_in_place(image);
        CHECK((image - x).norm() < 1e-6);  // differences: h^2, and rounding over h
    }
}

TEST_CASE("round cycles fold along mu = -cubic^2 / 4, from the Bautin point", "[cycles][oracle]") {
    auto at = problem_of<test_models::round_cycles>();
    const auto fold = round_fold(at);

    const auto found = locus(at, {"mu", -0.9, 0.5}, {"cubic", -0.5, 1.5}, {}, fold);

    REQUIRE(found.branches.size() == 1);
    const auto& branch = found.branches[0];
    CHECK(branch.kind == "fold of cycles");
    CHECK(branch.last == stop_reason::branch_point);
    CHECK(branch.first == stop_reason::range_end);
    const auto& rows = branch.columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const double b = rows.at("cubic")[i], r2 = b / 2, r = rows.at("x_max")[i];
        CAPTURE(i, b);
        CHECK_THAT(rows.at("mu")[i], WithinAbs(-b * b / 4, 1e-10));
        CHECK_THAT(r * r, WithinAbs(r2, 1e-8));  // mesh: 1e-9 in extremes
        CHECK_THAT(rows.at("period")[i], WithinAbs(2 * std::numbers::pi / (1 + r2 / 2), 1e-8));
        CHECK(rows.at("n_unstable")[i] == 0);
    }
    CHECK_THAT(rows.at("cubic").front(), WithinAbs(1.5, 1e-12));
    REQUIRE(found.special_points.size() == 1);
    const auto& end = found.special_points[0];
    CHECK(end.type == point_type::GH);
    CHECK(end.row == rows.rows() - 1);
    CHECK_THAT(end.parameters[0], WithinAbs(0, 1e-12));
    CHECK_THAT(end.parameters[1], WithinAbs(0, 1e-12));
    CHECK(end.normal_form.back().first == "l2");
    CHECK_THAT(end.normal_form.back().second, WithinRel(-4, 1e-9));  // 4 quintic / omega
}

TEST_CASE("a curve of cycle folds ends in its GH at every step", "[cycles][oracle]") {
    // AUTO's demo plp: GH where l1 of its Hopf curve vanishes
    const double max_step = GENERATE(0.05, 0.1, 0.2, 0.5, 1.0);
    const auto at = problem_of<test_models::substrate_inhibition>();
    const parameter_range rho{"rho", 0.5, 10}, supply{"S0", 80, 150};
    CAPTURE(max_step);
    diagram cycles;
    for (const auto& hopf : equilibrium_diagram(at, rho, {.max_step = max_step}).special_points)
        if (hopf.type == point_type::HB && cycles.branches.empty())
            add_cycle_branch(cycles, at, rho, hopf, {.max_step = max_step, .max_points = 400});

    const auto found = locus(at, rho, supply, {.max_step = max_step}, cycles.at("LPC1"));

    const auto along_hopfs = locus(at, rho, supply, {.max_step = 0.1});
    const special_point* wanted = nullptr;
    for (const auto& point : along_hopfs.special_points)  // concentrations are positive
        if (point.type == point_type::GH && point.state[0] > 0) wanted = &point;
    REQUIRE(wanted);
    REQUIRE(found.special_points.size() == 1);
    CHECK(found.special_points[0].type == point_type::GH);
    CHECK(found.branches[0].last == stop_reason::branch_point);
    CHECK_THAT(found.special_points[0].parameters[1], WithinAbs(106.745977, 1e-6));
    for (std::size_t k = 0; k < 2; ++k)
        CHECK_THAT(found.special_points[0].parameters[k], WithinRel(wanted->parameters[k], 1e-10));
}

TEST_CASE("the fold of rotating cycles moves with the gain as single folds say",
          "[cycles][oracle]") {
    const auto at = rotating_cycles::controlled(3, 3.0);
    const auto fold = rotating_cycles::fold_of_cycles(3, 3.0);
    const auto gain = at.index_of("gain");

    const auto found =
        locus(at, {"feedback", 2, 3.5}, {"gain", 0.018, 0.022}, {.max_step = 0.5}, fold);

    REQUIRE(found.branches.size() == 1);
    const auto& rows = found.branches[0].columns;
    for (const std::size_t end : {std::size_t{0}, rows.rows() - 1}) {
        // The same fold by itself, from the cycles at that gain.
        auto there = at;
        there.parameters[gain] = rows.at("gain")[end];
        CAPTURE(there.parameters[gain], rows.at("feedback")[end]);
        special_point start = fold;
        start.parameters = there.parameters;
        start.parameters[0] = rows.at("feedback")[end] + 0.01;
        diagram alone;
        add_cycle_branch(alone, there, {"feedback", 2, 3.5}, start, {.max_points = 40});
        double nearest = 1;
        for (const auto& point : alone.special_points)
            if (point.type == point_type::LPC)
                nearest =
                    std::min(nearest, std::abs(point.parameters[0] - rows.at("feedback")[end]));
        CHECK(nearest < 1e-9);  // meshes differ
    }
}

TEST_CASE("a fold of cycles keeps to the points it was allowed, and to its watch",
          "[cycles][error]") {
    auto at = problem_of<test_models::round_cycles>();
    const auto fold = round_fold(at);
    const parameter_range first{"mu", -0.9, 0.5}, second{"cubic", -0.5, 1.5};

    const auto found = locus(at, first, second, {.max_points = 8}, fold);
    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].columns.rows() <= 8);  // both ways together
    CHECK(found.branches[0].last == stop_reason::max_points);

    const std::atomic<bool> stop = true;
    watch impatient;
    impatient.stop = &stop;
    CHECK_THROWS_AS(locus(at, first, second, {.max_points = 8}, fold, impatient), interrupted);
}
