// SPDX-License-Identifier: MIT
// How branches end, and what is said where there is nothing to follow.
#include <cmath>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/continuation/find_equilibria.hpp>

#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;

namespace {

/// x' = 1 - p x: the branch x = 1/p grows beyond all bounds at p = 0.
struct hyperbola {
    static constexpr std::string_view name = "hyperbola";
    static constexpr std::string_view equation = "x' = 1 - p x";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "parameter", 1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        return {1.0 - p[0] * x[0]};
    }
};

/// x' = 1 + p^2 + x^2 has no equilibrium.
struct nowhere {
    static constexpr std::string_view name = "nowhere";
    static constexpr std::string_view equation = "x' = 1 + p^2 + x^2";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "parameter", 1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        return {1.0 + p[0] * p[0] + x[0] * x[0]};
    }
};

}  // namespace

TEST_CASE("a branch that grows beyond the box is left there", "[bifurcation][outcome]") {
    const auto found = equilibrium_diagram(problem_of<hyperbola>(), {"p", 0, 1},
                                           {.max_step = 5, .max_state = 500});
    REQUIRE(found.branches.size() == 1);
    const auto& curve = found.branches[0];
    const bool at_last = curve.last == stop_reason::left_box;
    CHECK((at_last || curve.first == stop_reason::left_box));
    const auto& x = curve.columns.at("x");
    const auto& p = curve.columns.at("p");
    const std::size_t row = at_last ? x.size() - 1 : 0;
    CHECK(x[row] <= 500);  // the last point inside, and on the branch
    CHECK(x[row] > 100);   // one step of at most a few hundred before the edge
    CHECK_THAT(x[row] * p[row], WithinRel(1, 1e-12));
}

TEST_CASE("where there is no equilibrium there is no branch", "[bifurcation][outcome]") {
    const auto found = equilibrium_diagram(problem_of<nowhere>(), {"p", -1, 1});
    CHECK(found.branches.empty());
    CHECK(found.special_points.empty());
}

TEST_CASE("a branch ends where the caller's function passes zero", "[bifurcation][outcome]") {
    continuation_options options;
    options.stop_at = [](std::span<const double> x, std::span<const double>) { return x[0] - 0.5; };
    options.searches = 2;
    auto curve = problem_of<test_models::s_curve>();
    curve.set("depth", 0.3);
    const auto found = equilibrium_diagram(curve, {"p", -1, 1}, options);
    std::size_t stopped = 0;
    for (const auto& made : found.branches) {
        if (made.last != stop_reason::stop_event && made.first != stop_reason::stop_event) continue;
        ++stopped;
        const auto& x = made.columns.at("x");
        const double end = made.last == stop_reason::stop_event ? x.back() : x.front();
        CHECK_THAT(end, WithinAbs(0.5, 1e-13));  // located by bracketing to rounding
    }
    CHECK(stopped == found.branches.size());  // from below and from above
    CHECK(stopped == 2);
}

TEST_CASE("a closed branch inside the range is found by the search between the ends",
          "[bifurcation][outcome]") {
    const auto found = equilibrium_diagram(problem_of<test_models::circle>(), {"p", -2, 2.5});
    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].last == stop_reason::closed);
    std::vector<double> folds;
    for (const auto& point : found.special_points)
        if (point.type == point_type::LP) folds.push_back(point.parameters[0]);
    REQUIRE(folds.size() == 2);
    CHECK_THAT(std::abs(folds[0]), WithinAbs(1, 1e-13));
    CHECK_THAT(folds[0] + folds[1], WithinAbs(0, 1e-13));
}

TEST_CASE("deflation finds the states that plain Newton's method misses",
          "[bifurcation][outcome]") {
    auto two = problem_of<test_models::two_scores>();
    two.set("feedback", 6);  // three equilibria: beta feedback/(2 decay) = 3 > 1
    CHECK(find_equilibria(two).size() == 3);
    two.set("feedback", 1.5);
    CHECK(find_equilibria(two).size() == 1);
}
