// SPDX-License-Identifier: MIT
// Where a branch point or fold and a Hopf point coincide, so that a zero eigenvalue is a double one
// of a single eigenvector: a BT, over one parameter too.
#include <cmath>
#include <moebius/audit/audit.hpp>
#include <moebius/bifurcation/certify.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/model.hpp>
#include <moebius/model/registry.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

/// x = 0 loses stability to a pitchfork and to cycles at once.
struct swinging_pitchfork {
    static constexpr std::string_view name = "swinging-pitchfork";
    static constexpr std::string_view equation = "x' = y, y' = p x + p y - 2 x^3 - x^2 y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "", -1}}};
    static constexpr bool closed_form() { return true; }

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& s, const vec<S, 1>& p) const {
        const S &x = s[0], &y = s[1];
        return {y * 1.0, p[0] * (x + y) - 2.0 * x * x * x - x * x * y};
    }
};

/// A fold, p = -3 x^2, at which the trace vanishes.
struct swinging_fold {
    static constexpr std::string_view name = "swinging-fold";
    static constexpr std::string_view equation = "x' = y, y' = p + p y + 3 x^2 - x y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "", -1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& s, const vec<S, 1>& p) const {
        const S &x = s[0], &y = s[1];
        return {y * 1.0, p[0] + p[0] * y + 3.0 * x * x - x * y};
    }
};

}  // namespace

TEST_CASE("a pitchfork at a Hopf point is a BT, and its branches are followed", "[bifurcation]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    const parameter_range range{"p", -1, 2};
    const auto base = problem_of<swinging_pitchfork>();
    const auto found = equilibrium_diagram(base, range, {.max_step = max_step});

    CHECK(found.branches.size() == 3);
    CHECK(test::of_type(found, point_type::BP).empty());
    const auto points = test::of_type(found, point_type::BT);
    REQUIRE(points.size() == 1);
    CHECK_THAT(points[0].parameters[0], WithinAbs(0, 1e-12));
    CHECK(points[0].multiplicity == 1);
    // of q0 = (1, 0), q1 = (0, 1) it is the normal form already
    CHECK_THAT(coefficient_of(points[0], "a3").value(), WithinAbs(-2, 1e-12));
    CHECK_THAT(coefficient_of(points[0], "b3").value(), WithinAbs(-1, 1e-12));
    const auto proof = certify(base, points[0], "equilibrium", {.ranges = {range}});
    CHECK(proof.refusal.find("one parameter does not make") != std::string::npos);
    // x = +-sqrt(p/2) have the trace p/2
    for (const auto& point : found.special_points)
        CHECK((point.type == point_type::EP || point.type == point_type::BT));
    CHECK(audit({base, {range}, {}, true, found}, {.values = 3}).faults.empty());
}

TEST_CASE("a fold at a Hopf point is a BT", "[bifurcation]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    const parameter_range range{"p", -1, 1};
    const auto base = problem_of<swinging_fold>();
    const auto found = equilibrium_diagram(base, range, {.max_step = max_step});

    CHECK(test::of_type(found, point_type::LP).empty());
    const auto points = test::of_type(found, point_type::BT);
    REQUIRE(points.size() == 1);
    CHECK_THAT(points[0].parameters[0], WithinAbs(0, 1e-12));
    const double a = coefficient_of(points[0], "a").value(),
                 b = coefficient_of(points[0], "b").value();
    CHECK_THAT(std::abs(a), WithinAbs(3, 1e-10));  // the sign is the null vector's
    CHECK_THAT(b / a, WithinAbs(-1. / 3, 1e-10));
    CHECK(audit({base, {range}, {}, true, found}, {.values = 1, .starts = 1}).faults.empty());
}

// docs/theory.md section 5 with g = 1/N: balance parts at N + gain/leak, and swings from
// N (1 + leak) + gain on, here both at 8.
TEST_CASE("alike experts that part and swing at once have a BT of their number less one",
          "[bifurcation][multiple]") {
    problem apart = make_problem("softmax", {.experts = 4, .controlled = true});
    apart.set("gain", 2);
    apart.set("leak", 0.5);
    const parameter_range range = GENERATE(parameter_range{"feedback", 6.9150317, 8.5950787},
                                           parameter_range{"feedback", 6, 9.25});
    const problem on =
        regrouped(apart, coarsest_groups(apart, std::vector{apart.index_of("feedback")}));
    const auto found = equilibrium_diagram(on, range);

    CHECK(test::of_type(found, point_type::BP).empty());
    const auto points = test::of_type(found, point_type::BT);
    REQUIRE(points.size() == 1);
    CHECK_THAT(points[0].parameters[0], WithinAbs(8, 1e-9));
    CHECK(points[0].multiplicity == 3);
    for (const auto& branch : found.branches) {
        CHECK(branch.first != stop_reason::step_too_small);
        CHECK(branch.last != stop_reason::step_too_small);
        CHECK(branch.columns.rows() > 1);
    }
    const auto report = audit({apart, {range}, {}, true, found}, {.values = 4, .starts = 8});
    CHECK(report.faults.empty());
}
