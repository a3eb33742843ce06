// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/audit/audit.hpp>
#include <moebius/bifurcation/certify.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/continuation/state_units.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/dynamics/grid_sweep.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/dynamics/slow_sweep.hpp>
#include <moebius/model/registry.hpp>

#include "catch.hpp"
#include "oracle/labels.hpp"
#include "oracle/systems.hpp"
#include "oracle/textbook.hpp"

using namespace moebius;
using oracle::all;
using oracle::start_at;

namespace {

/// The model M with states that are `sizes` times as large, which it does not tell.
template <typename M>
struct resized : M {
    static inline vec<double, M::dimension> sizes;

    static constexpr bool closed_form() { return true; }
    template <typename S>
    auto rhs(vec<S, M::dimension> x, const vec<S, parameter_count<M>>& p) const {
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = x[i] * (1 / sizes[i]);
        auto f = M::rhs(x, p);
        for (std::size_t i = 0; i < x.size(); ++i) f[i] = f[i] * sizes[i];
        return f;
    }
};

/// The same labelled points at the same parameters, with states of other sizes.
void check_same(const diagram& found, const diagram& wanted, std::span<const double> sizes) {
    REQUIRE(found.branches.size() == wanted.branches.size());
    REQUIRE(found.special_points.size() == wanted.special_points.size());
    for (std::size_t k = 0; k < wanted.special_points.size(); ++k) {
        const auto &point = found.special_points[k], &other = wanted.special_points[k];
        CAPTURE(other.label, sizes[0]);
        CHECK(point.label == other.label);
        CHECK(point.multiplicity == other.multiplicity);
        CHECK(point.criticality == other.criticality);
        for (std::size_t i = 0; i < other.parameters.size(); ++i)
            CHECK_THAT(point.parameters[i], WithinAbs(other.parameters[i], 1e-9));
        if (other.cycle)  // whose first time is any
            CHECK_THAT(point.cycle->period, WithinRel(other.cycle->period, 1e-6));
        for (std::size_t i = 0; i < other.state.size() && !other.cycle; ++i)
            CHECK_THAT(point.state[i] / sizes[i], WithinAbs(other.state[i], 1e-9));
    }
}

/// Rows of a branch are in the units of the points on it.
void check_rows(const diagram& found, std::size_t parameters) {
    for (const auto& point : found.special_points) {
        const auto& rows = found.branches[static_cast<std::size_t>(point.branch) - 1].columns;
        for (std::size_t i = 0; i < point.state.size(); ++i)
            CHECK_THAT(rows.columns[parameters + i][point.row],
                       WithinAbs(point.state[i], 1e-9 * std::abs(point.state[i]) + 1e-300));
    }
}

constexpr std::array<double, 4> powers{1e-8, 1e-4, 1e4, 1e8};
constexpr std::array<double, 4> powers_of_two{0x1p-26, 0x1p-13, 0x1p13, 0x1p26};

/// For each size of the first state, the others of the opposite one.
/// @param work  takes a problem and the sizes of its states
template <typename M, typename Work>
void check_resized(std::size_t parameters, const Work& work) {
    auto& sizes = resized<M>::sizes;
    sizes.fill(1);
    const auto at = problem_of<resized<M>>();
    const diagram wanted = work(at, sizes);
    REQUIRE_FALSE(wanted.special_points.empty());
    for (const double size : powers) {
        sizes.fill(1 / size);
        sizes[0] = size;
        const diagram found = work(at, sizes);
        check_same(found, wanted, sizes);
        if (!found.special_points[0].cycle) check_rows(found, parameters);
    }
}

/// Two genes, one of which follows the other.
struct follower {
    static constexpr std::string_view name = "follower";
    static constexpr std::string_view equation = "x' = b + x - x^3, y' = x - y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"b", "b", "bias", 0}, {"a", "a", "gain", 1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        return {p[0] + p[1] * x[0] - x[0] * x[0] * x[0], x[0] - x[1]};
    }
};

}  // namespace

TEST_CASE("folds of states of order 1e-8 beside 1e8 are found as those of order 1", "[units]") {
    check_resized<follower>(1, [](const problem& at, const auto&) {
        return equilibrium_diagram(at, {"b", -1, 1});
    });
}

TEST_CASE("cusps of states of any size are found without a scale", "[units]") {
    check_resized<oracle::cusp_form>(2, [](const problem& at, const auto&) {
        return locus(at, {"mu", -1, 1}, {"lambda", -1, 1});
    });
    check_resized<follower>(2, [](const problem& at, const auto&) {
        return locus(at, {"b", -1, 1}, {"a", -1, 1});
    });
}

TEST_CASE("points of other types are found at any size", "[units]") {
    check_resized<oracle::lorenz_63>(1, [](const problem& at, const auto&) {
        return equilibrium_diagram(at, {"rho", 0, 30});  // BP, HB
    });
    check_resized<oracle::group_defence>(2, [](const problem& at, const auto& sizes) {
        return locus(at, {"K", 1.2, 6}, {"m", 1.5, 4}, {},
                     start_at(point_type::BT, {sizes[0], sizes[1]}, {2, 2}));
    });
    check_resized<oracle::delayed_logistic>(1, [](const problem& at, const auto&) {
        return map_diagram(at, 1, {"r", 1.1, 2.5});  // NS
    });
}

TEST_CASE("cycles are followed at any size, to where a function of the state stops them",
          "[units]") {
    check_resized<oracle::brusselator>(1, [](const problem& at, const auto& sizes) {
        const parameter_range range{"B", 1.5, 3};
        const auto hopf = all(equilibrium_diagram(at, range), point_type::HB).at(0);
        continuation_options options;
        const double top = 2 * sizes[0];
        options.stop_at = [top](std::span<const double> x, std::span<const double>) {
            return x[0] / top - 1;
        };
        diagram cycles;
        add_cycle_branch(cycles, at, range, hopf, options);
        const auto& rows = cycles.branches.at(0).columns;
        CHECK(cycles.branches[0].last == stop_reason::stop_event);
        CHECK_THAT(rows.at("x_max").back(), WithinRel(top, 1e-6));
        return cycles;
    });
}

TEST_CASE("points of states of any size are certified", "[units]") {
    auto& sizes = resized<follower>::sizes;
    sizes = {1e-8, 1e8};
    const auto at = problem_of<resized<follower>>();
    const parameter_range range{"b", -1, 1};
    auto made = equilibrium_diagram(at, range);
    certify(at, made, {{range}});
    for (const auto& point : made.special_points) CHECK(point.proof->refusal.empty());
    auto moved = all(made, point_type::LP).at(0);
    moved.state[0] += 1e-15;  // 1e-7 of its unit
    CHECK_FALSE(certify(at, moved, "equilibrium", {{range}}).refusal.empty());
}

TEST_CASE("models of ordinary size, and those that know their scale, keep their units", "[units]") {
    resized<follower>::sizes.fill(1);
    CHECK(state_units(problem_of<resized<follower>>(), {{"b", -1, 1}}).empty());
    resized<oracle::lorenz_63>::sizes.fill(1);
    CHECK(state_units(problem_of<resized<oracle::lorenz_63>>(), {{"rho", 0, 30}}).empty());
    auto steep = make_problem("two-expert");
    steep.set("beta", 1e6);
    CHECK(state_units(steep, {{"feedback", 1, 2}}).empty());
}

TEST_CASE("equilibria are searched from scratch at any size", "[units]") {
    auto& sizes = resized<follower>::sizes;
    for (const double size : powers) {
        sizes = {size, 1 / size};
        CAPTURE(size);
        problem at = problem_of<resized<follower>>();  // x = 0 and x = y = +-1
        auto found = find_equilibria(at);
        REQUIRE(found.size() == 3);
        for (const auto& x : found) {
            CHECK_THAT(std::abs(std::abs(x[0]) / size - 0.5), WithinAbs(0.5, 1e-9));
            CHECK_THAT(x[1] * size, WithinAbs(x[0] / size, 1e-9));
        }
        const auto stable = stable_states(at);
        REQUIRE(stable.size() == 2);
        for (const auto& one : stable)
            CHECK_THAT(std::abs(one.state[0]) / size, WithinAbs(1, 1e-9));
    }
}

TEST_CASE("the flow comes to rest at any size", "[units]") {
    auto& sizes = resized<follower>::sizes;
    sizes.fill(1);
    const auto near = integrate(problem_of<resized<follower>>(), std::array{0.3, -0.2}, 2);
    for (const double size : powers) {
        sizes = {size, 1 / size};
        CAPTURE(size);
        const problem at = problem_of<resized<follower>>();
        const std::array start{0.3 * size, -0.2 / size};
        const auto way = integrate(at, start, 2);
        REQUIRE(way.status == flow_status::converged);
        const auto end = settle(at, start);
        REQUIRE(end.status == flow_status::converged);
        for (std::size_t i = 0; i < 2; ++i) {
            // within the tolerance of a way of order 1
            CHECK_THAT(way.columns.columns[i + 1].back() / sizes[i],
                       WithinAbs(near.columns.columns[i + 1].back(), 1e-8));
            CHECK_THAT(end.state[i] / sizes[i], WithinAbs(1, 1e-9));
        }
        Eigen::VectorXd x(2);
        x << start[0], start[1];
        const auto rest = steady_state(at).from(x);
        REQUIRE(rest);
        CHECK_THAT((*rest)[0] / size, WithinAbs(1, 1e-9));
    }
}

TEST_CASE("slow sweeps jump at the same place for states of any size", "[units]") {
    auto& sizes = resized<follower>::sizes;
    sizes.fill(1);
    const auto at = problem_of<resized<follower>>();
    const slow_sweep_options options{.rate = 1e-2, .samples = 21};
    const auto swept = [&] {
        return slow_sweep(at, "b", -1, 1, std::array{-sizes[0], -sizes[1]}, options);
    };
    const auto wanted = swept();
    REQUIRE(wanted.jumps.size() == 2);
    for (const double size : powers_of_two)  // whose units scale exactly
        for (const double other : {size, 1 / size}) {
            sizes = {size, other};
            CAPTURE(size, other);
            const auto found = swept();
            CHECK(found.unstable.empty());
            REQUIRE(found.jumps.size() == 2);
            for (std::size_t k = 0; k < 2; ++k) {
                const auto &jump = found.jumps[k], &same = wanted.jumps[k];
                CHECK_THAT(jump.parameter, WithinAbs(same.parameter, 1e-6));  // rtol, then a jump
                CHECK_THAT(jump.entry, WithinAbs(same.entry, 1e-6));
                for (std::size_t i = 0; i < 2; ++i) {
                    CHECK_THAT(jump.at[i] / sizes[i], WithinAbs(same.at[i], 1e-4));
                    CHECK_THAT(jump.to[i] / sizes[i], WithinAbs(same.to[i], 1e-6));
                }
            }
            for (std::size_t row = 0; row < wanted.samples.rows(); ++row)
                CHECK_THAT(found.samples.at("y")[row] / sizes[1],
                           WithinAbs(wanted.samples.at("y")[row], 1e-6));
        }
}

TEST_CASE("a grid tells stable states of any size apart", "[units]") {
    const double size = GENERATE(1e-8, 1.0, 1e8);
    auto& sizes = resized<follower>::sizes;
    sizes.fill(size);
    const auto grid = grid_sweep(problem_of<resized<follower>>(), {"b", -0.8, 0.8, 5},
                                 {"a", 0.9, 1.1, 2}, {.starts = {{-size, 0}, {size, 0}}});
    for (std::size_t k = 0; k < grid.rows(); ++k) {  // within the folds b^2 = 4 a^3/27
        const double a = grid.at("a")[k], b = grid.at("b")[k];
        CHECK(grid.at("stable_states")[k] == (b * b < 4 * a * a * a / 27 ? 2 : 1));
    }
}

TEST_CASE("an audit sees what is wrong at any size of the states", "[units][audit]") {
    const double size = GENERATE(1e-8, 1.0, 1e8);
    auto& sizes = resized<follower>::sizes;
    const double other = GENERATE(true, false) ? size : 1 / size;
    sizes = {size, other};
    CAPTURE(size, other);
    const parameter_range range{"b", -1, 1};
    claim of{problem_of<resized<follower>>(), {range}, {}, true, {}};
    of.data = equilibrium_diagram(of.at, range);
    const audit_options few{.values = 4, .starts = 8};
    const auto sound = audit(of, few);
    CHECK(sound.wrong() == 0);
    for (const auto& one : sound.not_judged) UNSCOPED_INFO(one);
    CHECK(std::all_of(sound.not_judged.begin(), sound.not_judged.end(), [](const auto& why) {
        return why.starts_with("searches");  // what the diagram says of its own
    }));

    for (auto& point : of.data.special_points)
        if (point.label == "LP1") point.state[0] += 0.01 * size;
    CHECK(audit(of, few).wrong() > 0);
}
