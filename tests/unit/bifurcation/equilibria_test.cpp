// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"
#include "unit/special_points.hpp"
#include "unit/test_models.hpp"

using namespace moebius;

namespace {

using test::of_type;

double named_coefficient(const special_point& point, std::string_view name) {
    for (const auto& [key, value] : point.normal_form)
        if (key == name) return value;
    FAIL("no coefficient " << name);
    return 0;
}

problem two_experts(double decay, double beta, double bias) {
    auto two = problem_of<models::two_expert>();
    two.set("decay", decay);
    two.set("beta", beta);
    two.set("bias", bias);
    return two;
}

}  // namespace

TEST_CASE("the pitchfork of two experts is where theory says", "[bifurcation][oracle]") {
    const double max_step = GENERATE(0.003, 0.1, 0.5, 2.0);
    const auto found =
        equilibrium_diagram(two_experts(1, 1, 0), {"feedback", 0.5, 20}, {.max_step = max_step});

    const auto points = of_type(found, point_type::BP);
    REQUIRE(points.size() == 1);
    CHECK_THAT(points[0].parameters[0], WithinAbs(2, 1e-12));  // kappa = 2 decay/beta
    CHECK_THAT(points[0].state[0], WithinAbs(0, 1e-12));
    CHECK(points[0].criticality == "supercritical");
    CHECK_THAT(named_coefficient(points[0], "cubic"), WithinAbs(-2.0 / 24, 1e-14));
    CHECK(of_type(found, point_type::LP).empty());
    REQUIRE(found.branches.size() == 3);
    for (const auto& b : found.branches) {
        CHECK(b.last == stop_reason::range_end);
        CHECK(b.columns.at("feedback").back() == 20);
    }
    CHECK(found.branches[1].columns.at("x").back() * found.branches[2].columns.at("x").back() < 0);
}

TEST_CASE("every point of a diagram is an equilibrium to 1e-12", "[bifurcation][oracle]") {
    const double bias = GENERATE(0.0, 0.3, -1e-6);
    const auto found = equilibrium_diagram(two_experts(1, 1, bias), {"feedback", 0.5, 20});

    for (const auto& b : found.branches)
        for (std::size_t i = 0; i < b.columns.rows(); ++i) {
            const double kappa = b.columns.at("feedback")[i], x = b.columns.at("x")[i];
            const double t = std::tanh(x / 2);
            const double f = -x + kappa * t + bias, fx = -1 + kappa / 2 * (1 - t * t);
            // the distance in the plane: at a fold or crossing one coordinate alone is ill posed
            CHECK(std::abs(f) <= 1e-12 * std::hypot(fx, t));
            CHECK_THAT(b.columns.at("load_1")[i], WithinAbs((1 + t) / 2, 1e-12));
            CHECK((b.columns.at("stable")[i] == 1) == (b.columns.at("eigenvalue")[i] <= 0));
        }
}

TEST_CASE("scaling two experts scales their diagram", "[bifurcation][property]") {
    const double decay = GENERATE(take(4, random(0.01, 100.0)));
    const double beta = GENERATE(take(4, random(0.01, 100.0)));
    const double critical = 2 * decay / beta;
    const auto found = equilibrium_diagram(two_experts(decay, beta, 0),
                                           {"feedback", 0.25 * critical, 10 * critical});

    const auto points = of_type(found, point_type::BP);
    CAPTURE(decay, beta);
    REQUIRE(points.size() == 1);
    CHECK_THAT(points[0].parameters[0], WithinRel(critical, 1e-12));
    CHECK_THAT(named_coefficient(points[0], "cubic"),
               WithinRel(-critical * std::pow(beta, 3) / 24, 1e-12));
    CHECK(found.branches.size() == 3);
}

TEST_CASE("a small bias unfolds the pitchfork and no step jumps the gap", "[bifurcation]") {
    const double bias = GENERATE(1e-2, 1e-6, 1e-9), max_step = GENERATE(0.05, 0.5);
    const auto found =
        equilibrium_diagram(two_experts(1, 1, bias), {"feedback", 0.5, 20}, {.max_step = max_step});

    CHECK(of_type(found, point_type::BP).empty());
    REQUIRE(found.branches.size() == 2);
    CHECK(found.branches[0].columns.at("x").back() > 19);  // pushed to the side of the bias
    const auto folds = of_type(found, point_type::LP);
    REQUIRE(folds.size() == 1);
    // docs/theory.md section 2: on the fold set eta = y - sinh(2y)/2 and mu = cosh^2 y, x = 2y < 0
    const double y = folds[0].state[0] / 2;
    CHECK_THAT(folds[0].parameters[0], WithinAbs(2 * std::pow(std::cosh(y), 2), 1e-12));
    CHECK_THAT(2 * (y - std::sinh(2 * y) / 2), WithinAbs(bias, 1e-15));
    CHECK(folds[0].residual <= 1e-14);
}

TEST_CASE("two folds within one step are both found", "[bifurcation]") {
    const double depth = GENERATE(1.0, 1e-2, 1e-3, 1e-4), max_step = GENERATE(0.1, 0.5);
    auto s = problem_of<test_models::s_curve>();
    s.set("depth", depth);
    const auto found = equilibrium_diagram(s, {"p", -3, 3}, {.max_step = max_step});

    const auto folds = of_type(found, point_type::LP);
    CAPTURE(depth, max_step);
    REQUIRE(folds.size() == 2);
    const double x = std::sqrt(depth / 3);
    CHECK_THAT(folds[0].state[0], WithinAbs(-x, 1e-12));
    CHECK_THAT(folds[1].state[0], WithinAbs(x, 1e-12));
    CHECK_THAT(folds[0].parameters[0], WithinAbs(2 * x * x * x, 1e-12));
    CHECK_THAT(named_coefficient(folds[0], "quadratic"), WithinAbs(3 * x, 1e-11));  // -f_xx/2 = 3x
    CHECK_THAT(named_coefficient(folds[0], "parameter"), WithinAbs(1, 1e-12));
}

TEST_CASE("two branch points within one step are both found", "[bifurcation]") {
    const double width = GENERATE(0.3, 0.02), max_step = GENERATE(0.1, 0.5, 2.0);
    auto pair = problem_of<test_models::two_pitchforks>();
    pair.set("width", width);
    const auto found = equilibrium_diagram(pair, {"p", -1, 1}, {.max_step = max_step});

    const auto points = of_type(found, point_type::BP);
    CAPTURE(width, max_step);
    REQUIRE(points.size() == 2);
    CHECK_THAT(points[0].parameters[0], WithinAbs(-width, 1e-12));
    CHECK_THAT(points[1].parameters[0], WithinAbs(width, 1e-12));
    // Steps of 2, 0.2 in p, cannot tell a gap of 0.04 between the arms from a crossing.
    if (max_step < 1 || width > 0.1) CHECK(found.branches.size() == 5);
}

TEST_CASE("a transcritical crossing is told from a pitchfork", "[bifurcation]") {
    const auto found =
        equilibrium_diagram(problem_of<test_models::transcritical>(), {"p", -1, 1.3});

    const auto points = of_type(found, point_type::BP);
    REQUIRE(points.size() == 1);
    CHECK(points[0].criticality == "transcritical");
    CHECK_THAT(points[0].parameters[0], WithinAbs(0, 1e-13));
    CHECK_THAT(std::abs(named_coefficient(points[0], "quadratic")), WithinAbs(1, 1e-13));
    CHECK(found.branches.size() == 3);  // one straight through, two arms of the other
}

TEST_CASE("in score space two experts bifurcate as in their difference", "[bifurcation][oracle]") {
    const auto found =
        equilibrium_diagram(problem_of<test_models::two_scores>(), {"feedback", 0.5, 6});

    const auto points = of_type(found, point_type::BP);
    REQUIRE(points.size() == 1);
    CHECK_THAT(points[0].parameters[0], WithinAbs(2, 1e-12));
    CHECK_THAT(points[0].state[0], WithinAbs(1, 1e-12));  // feedback/(2 decay)
    // along (1,-1)/sqrt 2 the difference is x = sqrt 2 w, so w^3 has twice the -kappa beta^3/24
    CHECK_THAT(named_coefficient(points[0], "cubic"), WithinAbs(-1.0 / 6, 1e-12));
    CHECK_THAT(named_coefficient(points[0], "transversality"), WithinAbs(0.5, 1e-12));
    CHECK(found.branches.size() == 3);
}

TEST_CASE("a diagram can start at a labelled point", "[bifurcation]") {
    const auto two = two_experts(1, 1, 0);
    const auto first = equilibrium_diagram(two, {"feedback", 0.5, 20});
    const auto again = equilibrium_diagram(two, {"feedback", 0.5, 20}, {}, first.at("BP1"));

    CHECK(of_type(again, point_type::BP).size() == 1);
    CHECK(again.branches.size() == 3);  // one straight through, two arms of the other
    const auto arm = equilibrium_diagram(two, {"bias", -3, 3}, {}, first.at("EP3"));
    CHECK(of_type(arm, point_type::LP).empty());  // at feedback 20 the folds are at +-15.3
    REQUIRE(arm.branches.size() == 1);
    CHECK(arm.branches[0].columns.at("bias").front() * arm.branches[0].columns.at("bias").back() ==
          -9);
}

TEST_CASE("a diagram that starts at a fold goes both ways through it", "[bifurcation]") {
    auto two = two_experts(1, 1, 0);
    two.set("feedback", 4);
    const auto first = equilibrium_diagram(two, {"bias", -9, 9});
    const auto again = equilibrium_diagram(two, {"bias", -9, 9}, {}, first.at("LP1"));

    CHECK(of_type(again, point_type::LP).size() == 2);
    REQUIRE(again.branches.size() == 1);
    const auto& bias = again.branches[0].columns.at("bias");
    CHECK(bias.front() * bias.back() == -81);
}

TEST_CASE("a narrow window keeps the side branches", "[bifurcation]") {
    const auto found = equilibrium_diagram(two_experts(1, 1, 0), {"feedback", 1.9999, 2.0001});

    REQUIRE(found.branches.size() == 3);
    // x^2 = 12 (kappa - 2)/kappa to leading order: docs/theory.md section 2, cubic -kappa/24
    // against kappa/2 - 1
    CHECK_THAT(std::abs(found.branches[1].columns.at("x").back()),
               WithinRel(std::sqrt(12 * 1e-4 / 2), 1e-3));
}

TEST_CASE("a start outside the range or of another model is refused", "[bifurcation][error]") {
    const auto two = two_experts(1, 1, 0);
    const auto first = equilibrium_diagram(two, {"feedback", 0.5, 4});
    CHECK_THROWS_WITH(equilibrium_diagram(two, {"feedback", 3, 20}, {}, first.at("BP1")),
                      "diagram: BP1 stands at feedback = 2, but the range is 3 to 20");
    auto wide = first.at("BP1");
    wide.state = {1, 2};
    CHECK_THROWS_WITH(equilibrium_diagram(two, {"feedback", 0.5, 4}, {}, wide),
                      "diagram: BP1 has 2 states, but two-expert has 1");
}

TEST_CASE("a closed branch is followed once around", "[bifurcation]") {
    special_point start;
    start.state = {1};
    start.parameters = {0};
    const auto found =
        equilibrium_diagram(problem_of<test_models::circle>(), {"p", -2, 2}, {}, start);

    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].last == stop_reason::closed);
    CHECK(of_type(found, point_type::LP).size() == 2);
}

TEST_CASE("a model that stops giving numbers ends its branch there", "[bifurcation]") {
    const auto found = equilibrium_diagram(problem_of<test_models::broken>(), {"p", -1, 2});

    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].last == stop_reason::not_finite);
    CHECK(found.branches[0].columns.at("x").back() > 0.99);
}

TEST_CASE("diagram refuses what it cannot follow", "[bifurcation][error]") {
    const auto two = two_experts(1, 1, 0);
    REQUIRE_THROWS_WITH(equilibrium_diagram(two, {"feedback", 3, 1}),
                        "range of feedback: it goes from 3 to 1, but the smaller end must come "
                        "first");
    REQUIRE_THROWS_WITH(equilibrium_diagram(two, {"feedback", 1, 1}),
                        "range of feedback: it goes from 1 to 1, but it must not be empty");
    REQUIRE_THROWS_WITH(equilibrium_diagram(two, {"feedback", 1, 2}, {.max_step = -1}),
                        "continuation: max_step is -1, but it must be > 0 and finite");
    REQUIRE_THROWS_AS(equilibrium_diagram(two, {"gain", 1, 2}), invalid_argument);
    std::atomic<bool> stop{true};
    watch impatient;
    impatient.stop = &stop;
    REQUIRE_THROWS_AS(
        equilibrium_diagram(two, {"feedback", 0.5, 20}, {.max_step = 0.01}, {}, impatient),
        interrupted);
}

TEST_CASE("a diagram that is interrupted keeps its branches up to there", "[equilibria]") {
    const auto two = two_experts(1, 1, 0);
    const parameter_range range{"feedback", 0.5, 20};
    const continuation_options options{.max_step = 0.05};
    const auto whole = equilibrium_diagram(two, range, options);
    std::size_t points = 0;
    for (const auto& one : whole.branches) points += one.columns.rows();
    for (const std::size_t after : {std::size_t{1}, points / 3, 2 * points / 3}) {
        std::atomic<bool> stop{false};
        std::size_t told = 0;
        const watch watched{[&](std::size_t done, std::size_t) {
                                told += done;
                                stop = told >= after;
                            },
                            &stop};
        try {
            static_cast<void>(equilibrium_diagram(two, range, options, {}, watched));
            FAIL("it was not interrupted");
        } catch (const cut_short<diagram>& cut) {
            const auto& kept = cut.so_far;
            REQUIRE(!kept.branches.empty());
            CHECK(kept.branches.size() <= whole.branches.size());
            CHECK(kept.branches.back().last == stop_reason::stopped);
            // the finished ones are those of the whole diagram
            for (std::size_t b = 0; b + 1 < kept.branches.size(); ++b)
                CHECK(kept.branches[b].columns.columns == whole.branches[b].columns.columns);
            for (const auto& point : kept.special_points)
                CHECK(point.row <
                      kept.branches.at(static_cast<std::size_t>(point.branch) - 1).columns.rows());
            std::size_t rows = 0;
            for (const auto& one : kept.branches) rows += one.columns.rows();
            CHECK(rows >= after);
        }
    }
}
