// SPDX-License-Identifier: MIT
// Where diagrams start, and what long steps must not jump.
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;

namespace {

special_point start_at(std::vector<double> x, std::vector<double> p) {
    special_point point;
    point.label = "start";
    point.state = std::move(x);
    point.parameters = std::move(p);
    return point;
}

std::size_t points_of(const diagram& in, point_type type) {
    return static_cast<std::size_t>(
        std::count_if(in.special_points.begin(), in.special_points.end(),
                      [type](const special_point& point) { return point.type == type; }));
}

/// Two pitchforks on the straight branch x = 0.
struct straight_pair {
    static constexpr std::string_view name = "straight-pair";
    static constexpr std::string_view equation = "x' = x (p - first) (p - second) - x^3";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"p", "p", "", 0}, {"first", "a", "", 0}, {"second", "b", "", 1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 3>& p) const {
        return {x[0] * (p[0] - p[1]) * (p[0] - p[2]) - x[0] * x[0] * x[0]};
    }
};

problem pair_at(double first, double gap) {
    problem made = problem_of<straight_pair>();
    made.parameters = {0, first, first + gap};
    return made;
}

}  // namespace

TEST_CASE("from any start inside a straight branch both ways are gone", "[bifurcation][start]") {
    auto pitchfork = problem_of<test_models::two_pitchforks>();
    pitchfork.parameters = {0, 0.5};
    const double max_step = GENERATE(0.01, 0.1, 0.3, 1.0);
    std::size_t closed = 0, lost = 0;
    for (int i = 1; i < 250; ++i) {
        const auto found = equilibrium_diagram(pitchfork, {"p", 0, 1.3}, {.max_step = max_step},
                                               start_at({0}, {1.3 * i / 250, 0.5}));
        closed += found.branches[0].last == stop_reason::closed;
        lost += points_of(found, point_type::BP) != 1;
    }
    CAPTURE(max_step);
    CHECK(closed == 0);
    CHECK(lost == 0);
}

TEST_CASE("a start keeps its parameter, on an edge and inside", "[bifurcation][start]") {
    const auto curve = problem_of<test_models::s_curve>();
    const double p = GENERATE(1.0, 0.3);
    // x^3 - x = p, known to two digits
    const auto found =
        equilibrium_diagram(curve, {"p", -1, 1}, {}, start_at({p == 1 ? 1.3 : 1.1}, {p, 1}));
    const auto& column = found.branches[0].columns.at("p");
    double nearest = 1;
    for (const double each : column) {
        nearest = std::min(nearest, std::abs(each - p));
        CHECK(std::abs(each) <= 1);
    }
    CHECK(nearest < 1e-15);  // the window's share and back
}

TEST_CASE("a start that leads nowhere is an error with its residual",
          "[bifurcation][start][error]") {
    const auto curve = problem_of<test_models::circle>();
    CHECK_THROWS_WITH(equilibrium_diagram(curve, {"p", -2, 2}, {}, start_at({0}, {1.5})),
                      "diagram: start leaves a residual of 1.2, but no branch of equilibria passes "
                      "near it");
    CHECK_THROWS_WITH(equilibrium_diagram(curve, {"p", -2, 2}, {}, start_at({std::nan("")}, {0})),
                      "diagram: start has nan among its states, but all of them must be finite");
    CHECK_THROWS_WITH(equilibrium_diagram(curve, {"p", -2, 2}, {}, start_at({0}, {})),
                      "diagram: start has 0 parameters, but circle has 1");
}

TEST_CASE("two branch points within one step are found", "[bifurcation][step]") {
    const double max_step = GENERATE(0.1, 1.0, 10.0, 30.0), gap = GENERATE(1e-4, 1e-2, 0.1);
    CAPTURE(max_step, gap);
    for (int k = 0; k < 20; ++k) {
        const double first = -0.95 + 0.073 * k;
        const auto found =
            equilibrium_diagram(pair_at(first, gap), {"p", -1, 1}, {.max_step = max_step});
        CAPTURE(first);
        CHECK(points_of(found, point_type::BP) == 2);
        CHECK(points_of(found, point_type::LP) == 0);
    }
}

TEST_CASE("a step over both folds is halved", "[bifurcation][step]") {
    const double max_step = GENERATE(1.0, 10.0, 30.0);
    const auto found = equilibrium_diagram(problem_of<test_models::s_curve>(), {"p", -1, 1},
                                           {.max_step = max_step});
    CAPTURE(max_step);
    CHECK(points_of(found, point_type::LP) == 2);
    CHECK(found.branches.size() == 1);
}

TEST_CASE("steps grow with the state in a wide window", "[bifurcation][step]") {
    const auto found = equilibrium_diagram(problem_of<models::two_expert>(), {"feedback", 1, 1e6});
    REQUIRE(found.branches.size() == 3);
    std::size_t rows = 0;
    for (const auto& each : found.branches) {
        rows += each.columns.rows();
        CHECK(each.last == stop_reason::range_end);
    }
    CHECK(rows <= 1000);
    CHECK_THAT(found.at("BP1").parameters[0], WithinAbs(2, 1e-9));
}

TEST_CASE("a branch through a cusp has no fold there", "[bifurcation][start]") {
    auto at = problem_of<models::two_expert>();
    at.set("feedback", 2);  // beta = decay = 1: the cusp, bias = 0
    const double max_step = GENERATE(0.01, 0.1, 1.0), half = GENERATE(0.1, 3.0, 50.0);
    const auto from_cusp = equilibrium_diagram(at, {"bias", -half, half}, {.max_step = max_step},
                                               start_at({0}, at.parameters));
    CHECK(points_of(from_cusp, point_type::LP) == 0);
    const auto searched = equilibrium_diagram(at, {"bias", -half, half}, {.max_step = max_step});
    CHECK(points_of(searched, point_type::LP) == 0);
    // beside it there are two, at mu = 1 + 1e-6: half the width is sqrt(mu (mu - 1)) - acosh
    at.set("feedback", 2 + 2e-6);
    const auto beside = equilibrium_diagram(at, {"bias", -half, half}, {.max_step = max_step},
                                            start_at({0}, at.parameters));
    CHECK(points_of(beside, point_type::LP) == 2);
}

TEST_CASE("a fold on the window's edge, whose branch is outside, is one row",
          "[bifurcation][start]") {
    auto at = problem_of<models::two_expert>();
    at.set("feedback", 20);
    const auto folds = equilibrium_diagram(at, {"bias", -16, 16});
    for (const auto& point : folds.special_points) {
        if (point.type != point_type::LP) continue;
        const auto below = equilibrium_diagram(at, {"feedback", 1, 20}, {}, point);
        REQUIRE(below.branches.size() == 1);
        CHECK(below.branches[0].columns.rows() == 1);
        CHECK(below.special_points.size() == 1);
        // from the edge on, both states are there
        const auto above = equilibrium_diagram(at, {"feedback", 20, 40}, {}, point);
        REQUIRE(above.branches.size() == 1);
        CHECK(above.branches[0].columns.rows() > 50);
    }
}

TEST_CASE("a closed curve that no searched value meets is found over the window",
          "[bifurcation][start]") {
    const double from = GENERATE(-1.5, -7.0), to = GENERATE(9.0, 30.0);  // the circle: -1 to 1
    CAPTURE(from, to);
    const auto found = equilibrium_diagram(problem_of<test_models::circle>(), {"p", from, to});
    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].last == stop_reason::closed);
    REQUIRE(points_of(found, point_type::LP) == 2);
    for (const auto& point : found.special_points)
        CHECK_THAT(std::abs(point.parameters[0]), WithinAbs(1, 1e-9));
}

TEST_CASE("starts that do not fit the model are refused", "[bifurcation][start][error]") {
    const auto curve = problem_of<test_models::circle>();
    auto hopf = start_at({0, 0}, {0});
    hopf.type = point_type::HB;
    diagram to;
    CHECK_THROWS_WITH(add_cycle_branch(to, curve, {"p", -2, 2}, hopf),
                      "cycle: start has 2 states, but circle has 1");
    hopf = start_at({0}, {});
    hopf.type = point_type::HB;
    CHECK_THROWS_WITH(add_cycle_branch(to, curve, {"p", -2, 2}, hopf),
                      "cycle: start has 0 parameters, but circle has 1");
    CHECK_THROWS_WITH(critical_vector(curve, hopf),
                      "critical_vector: start has 0 parameters, but circle has 1");
    CHECK_THROWS_AS(find_fold(curve, {"p", -2, 2}, {0, 0}, {1}), invalid_argument);
    CHECK_THROWS_AS(find_fold(curve, {"p", -2, 2}, {0}, {}), invalid_argument);
}
