// SPDX-License-Identifier: MIT
// Cycles whose period grows without bound, whose multipliers differ by a hundred orders, or whose
// groups of cells are torn apart.
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/critical_group.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/model.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/solve/spectrum.hpp>
#include <numbers>
#include <set>
#include <utility>

#include "catch.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

using test::of_type;

/// Chua's circuit with a smooth diode (AUTO's chu): its cycles run into a saddle-focus.
struct chua {
    static constexpr std::string_view name = "chua";
    static constexpr std::string_view equation = "AUTO-07p, demo chu";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 1> parameters{{{"alpha", "alpha", "", -1}}};

    template <typename S>
    static S bent(const S& u) {
        using std::atan;
        return 2.0 * u * atan(10.0 * u) / std::numbers::pi;
    }
    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 1>& p) const {
        const S u = x[0] + 1.0, v = x[0] - 1.0;
        const S h = 2.0 / 7 * x[0] - 3.0 / 14 * (bent(u) - bent(v));
        return {p[0] * (x[1] - h), x[0] - x[1] + x[2], -14.3 * x[1]};
    }
};

struct lorenz {
    static constexpr std::string_view name = "lorenz";
    static constexpr std::string_view equation = "Lorenz 1963";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 1> parameters{{{"rho", "rho", "", 0}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 1>& p) const {
        return {10.0 * (x[1] - x[0]), p[0] * x[0] - x[1] - x[0] * x[2],
                x[0] * x[1] - 8.0 / 3 * x[2]};
    }
};

/// The same with a length of its own: long steps.
struct scaled_lorenz : lorenz {
    static double state_scale(const vec<double, 1>&) { return 20; }
};

/// A neuron that bursts.
struct hindmarsh_rose {
    static constexpr std::string_view name = "hindmarsh-rose";
    static constexpr std::string_view equation = "Hindmarsh & Rose 1984";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"I", "I", "", 0}, {"r", "r", "", 0.006}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 2>& p) const {
        const S &x = s[0], &y = s[1], &z = s[2];
        return {y - x * x * x + 3.0 * x * x - z + p[0], 1.0 - 5.0 * x * x - y,
                p[1] * (4.0 * (x + 1.6) - z)};
    }
};

/// Changes of n_unstable next to no label.
std::size_t unexplained(const diagram& d) {
    std::size_t count = 0;
    for (const auto& made : d.branches) {
        const auto& unstable = made.columns.at("n_unstable");
        std::vector<bool> labelled(unstable.size());
        for (const auto& point : d.special_points)
            if (point.branch == made.id && point.type != point_type::EP) labelled[point.row] = true;
        for (std::size_t i = 1; i + 2 < unstable.size(); ++i)
            if (unstable[i] != unstable[i + 1] && !labelled[i] && !labelled[i + 1]) ++count;
    }
    return count;
}

special_point last_hopf(const problem& at, const parameter_range& range) {
    return of_type(equilibrium_diagram(at, range, {.max_points = 500}), point_type::HB).back();
}

}  // namespace

TEST_CASE("folds on the way to a saddle-focus are half a turn of it apart, each with a doubling",
          "[cycles][oracle]") {
    const auto at = problem_of<chua>();
    const double step = GENERATE(0.1, 0.3, 1.0);  // the same labels, also where multipliers are 1e8
    CAPTURE(step);
    diagram found;
    add_cycle_branch(found, at, {"alpha", -1, 15}, last_hopf(at, {"alpha", -1, 15}),
                     {.max_step = step});

    CHECK(found.branches.at(0).last == stop_reason::homoclinic);
    CHECK(unexplained(found) == 0);
    const auto folds = of_type(found, point_type::LPC);
    REQUIRE(folds.size() >= 10);
    CHECK_THAT(folds.back().parameters[0], WithinAbs(11.0784016, 1e-7));  // AUTO's demo
    // the saddle-focus: the equilibrium at the origin
    Eigen::MatrixXd slope(3, 3);
    Eigen::VectorXd f(3), by_parameter(3);
    at.model->linear(std::vector<double>(3), folds.back().parameters, {f.data(), 3},
                     {slope.data(), 9}, {by_parameter.data(), 3});
    double turn = 0;
    for (const auto value : eigenvalues(slope)) turn = std::max(turn, value.imag());
    for (std::size_t k = 5; k < folds.size(); ++k)
        CHECK_THAT(folds[k].cycle->period - folds[k - 1].cycle->period,
                   WithinAbs(std::numbers::pi / turn, 2e-3));
    const auto doublings = of_type(found, point_type::PD);
    CHECK(doublings.size() == folds.size() + 1);
    for (const auto& each : doublings) {  // of the same sign at each step, or untold
        const auto cubic = coefficient_of(each, "b");
        CHECK((!cubic || *cubic > 0));
        CHECK(cubic.has_value() == !each.criticality.empty());
    }
}

TEST_CASE("Lorenz's cycles end in the homoclinic orbit, or at the caller's period",
          "[cycles][outcome]") {
    const auto at = problem_of<lorenz>();
    const auto hopf = equilibrium_diagram(at, {"rho", 0, 30}).at("HB1");
    diagram found;
    continuation_options options;
    SECTION("by themselves") {
        add_cycle_branch(found, at, {"rho", 0, 30}, hopf, options);
        CHECK(found.branches.at(0).last == stop_reason::homoclinic);
    }
    SECTION("at a period") {
        options.longest_period = 500;
        options.multiplier_error = 1e300;
        add_cycle_branch(found, at, {"rho", 0, 30}, hopf, options);
        CHECK(found.branches.at(0).last == stop_reason::long_period);
        CHECK(found.branches[0].columns.at("period").back() > 500);
    }
    // 13.926557: the literature's digits (Sparrow 1982 prints 13.926)
    CHECK_THAT(found.branches[0].columns.at("rho").back(), WithinAbs(13.926557, 2e-6));
    CHECK(of_type(found, point_type::LPC).empty());
}

TEST_CASE("past a homoclinic orbit no multiplier tells a label", "[cycles][outcome]") {
    const auto at = problem_of<scaled_lorenz>();
    const parameter_range range{"rho", 0, 30};
    continuation_options options;
    options.tolerance = GENERATE(1e-3, 1e-4, 1e-5, 1e-8);
    options.max_step = 1;
    options.longest_period = 500;
    options.multiplier_error = 1e300;
    diagram found;
    add_cycle_branch(found, at, range, equilibrium_diagram(at, range).at("HB1"), options);

    CAPTURE(options.tolerance);
    CHECK(found.branches.at(0).last == stop_reason::long_period);
    REQUIRE(found.special_points.size() == 1);
    CHECK(found.special_points[0].type == point_type::EP);
}

// The mesh is made for the cycle before the last step, which is a long one: the end's is another.
TEST_CASE("a branch of cycles ends on a mesh that suits its last one", "[cycles][outcome]") {
    const auto at = problem_of<lorenz>();
    const parameter_range range{"rho", 13.94, 30};
    const auto hopf = equilibrium_diagram(at, {"rho", 0, 30}).at("HB1");
    const auto end = [&](const continuation_options& options) {
        diagram found;
        add_cycle_branch(found, at, range, hopf, options);
        REQUIRE(found.branches.at(0).last == stop_reason::range_end);
        return found.special_points.back().cycle->period;
    };
    CHECK_THAT(end({.max_step = 5, .max_turn = 1}), WithinRel(end({.tolerance = 1e-11}), 5e-11));
}

TEST_CASE("multipliers that are not resolved end a branch", "[cycles][outcome]") {
    const auto at = problem_of<lorenz>();
    const auto hopf = equilibrium_diagram(at, {"rho", 0, 30}).at("HB1");
    diagram found;
    continuation_options options;
    options.longest_period = 100;
    add_cycle_branch(found, at, {"rho", 0, 30}, hopf, options);

    const auto& made = found.branches.at(0);
    CHECK(made.last != stop_reason::long_period);
    CHECK(of_type(found, point_type::LPC).empty());
    const auto& errors = made.columns.at("accuracy");
    CHECK(*std::max_element(errors.begin(), errors.end() - 2) < options.multiplier_error);
}

TEST_CASE("a canard explosion of controlled experts has its fold, and ends in a homoclinic orbit",
          "[cycles]") {
    problem at = make_problem("softmax", {.experts = 8, .controlled = true});
    at = regrouped(at, coarsest_groups(at, {}));
    at.set("gain", 0.5);
    at.set("leak", 0.1);
    const parameter_range range{"feedback", 1, 12};
    special_point hopf = equilibrium_diagram(at, range).at("HB1");
    const problem simple = simple_at(at, hopf);
    hopf.groups = simple.model->cells()->groups();
    diagram found;
    add_cycle_branch(found, simple, range, hopf);

    CHECK(unexplained(found) == 0);
    CHECK(found.branches.at(0).last == stop_reason::homoclinic);
    const auto folds = of_type(found, point_type::LPC);
    REQUIRE(folds.size() == 2);
    CHECK_THAT(folds[0].parameters[0], WithinAbs(8.98586, 5e-6));
    for (const auto& fold : folds) {  // one more multiplier is 1
        const auto ones = std::count_if(fold.eigenvalues.begin(), fold.eigenvalues.end(),
                                        [](auto mu) { return std::abs(mu - 1.0) < 1e-5; });
        CHECK(ones == 2);
    }
}

TEST_CASE("what tears a group apart has a label, and is seen by all cells alone", "[cycles]") {
    problem at = make_problem("softmax", {.experts = 3, .controlled = true});
    at = regrouped(at, coarsest_groups(at, {}));
    at.set("gain", 0.1);
    at.set("leak", 0.02);
    const parameter_range range{"feedback", 0.5, 9};
    special_point hopf = equilibrium_diagram(at, range).at("HB1");
    const problem simple = simple_at(at, hopf);
    hopf.groups = simple.model->cells()->groups();
    diagram found;
    add_cycle_branch(found, simple, range, hopf, {.max_points = 60});

    CHECK(unexplained(found) == 0);
    const auto doublings = of_type(found, point_type::PD);
    REQUIRE(doublings.size() == 1);
    // The same cycle with every expert on its own: a multiplier is -1 there.
    grouping alone;
    for (std::size_t e = 0; e < 3; ++e) alone.groups.push_back({e});
    problem here = simple;
    here.parameters = doublings[0].parameters;
    const problem whole = regrouped(here, alone);
    orbit cycle = *doublings[0].cycle;
    const std::size_t n = simple.model->dimension();
    std::vector<double> states;
    for (std::size_t k = 0; k < cycle.times.size(); ++k) {
        const auto each = regrouped_state(*simple.model->cells(), *whole.model->cells(),
                                          std::span(cycle.states).subspan(k * n, n));
        states.insert(states.end(), each.begin(), each.end());
    }
    cycle.states = states;
    diagram all;
    add_cycle_branch(all, whole, range, cycle_start(whole, cycle), {.max_points = 4});
    const auto& ends = of_type(all, point_type::PD);
    REQUIRE(!ends.empty());
    CHECK_THAT(ends[0].parameters[0], WithinAbs(doublings[0].parameters[0], 1e-7));
}

TEST_CASE("a fold's row is its own where the mesh is made anew behind it", "[cycles][outcome]") {
    const auto at = problem_of<hindmarsh_rose>();
    const parameter_range current{"I", 0, 6};
    diagram found;  // of seven folds, three were written over
    add_cycle_branch(found, at, current, last_hopf(at, current),
                     {.max_step = 1, .max_points = 110, .tolerance = 1e-6});

    const auto folds = of_type(found, point_type::LPC);
    CHECK(folds.size() >= 7);
    const auto& rows = found.branches.at(0).columns;
    for (const auto& fold : folds) {
        CAPTURE(fold.label);
        CHECK_THAT(rows.at("period")[fold.row], WithinRel(fold.cycle->period, 1e-9));
        CHECK_THAT(rows.at("I")[fold.row], WithinRel(fold.parameters[0], 1e-12));
    }
}

TEST_CASE("cycles that turn between the same two folds for ever end there", "[cycles][outcome]") {
    const auto at = problem_of<hindmarsh_rose>();
    const parameter_range current{"I", 0, 6};
    diagram found;
    add_cycle_branch(found, at, current, last_hopf(at, current),
                     {.max_step = 1, .tolerance = 1e-4});

    CHECK(found.branches.at(0).last == stop_reason::homoclinic_to_cycle);
    const auto folds = of_type(found, point_type::LPC);
    REQUIRE(folds.size() > 6);
    // folds come to two values, each as 1e-5 of a twentieth tells, and a turn takes the same time
    for (std::size_t k = folds.size() - 2; k < folds.size(); ++k) {
        CHECK_THAT(folds[k].parameters[0], WithinAbs(folds[k - 2].parameters[0], 3e-6));
        const double turn = folds[k].cycle->period - folds[k - 2].cycle->period;
        CHECK_THAT(folds[k - 2].cycle->period - folds[k - 4].cycle->period, WithinRel(turn, 0.01));
    }
    std::set<std::pair<double, double>> places;
    for (const auto& point : found.special_points)
        places.emplace(std::round(1e4 * point.cycle->period), point.parameters[0]);
    CHECK(places.size() == found.special_points.size());  // no label twice
}
