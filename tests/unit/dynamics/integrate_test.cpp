// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// A damped rotation, x' = -a x - y, y' = x - a y: radius exp(-a t), angle t.
struct spiral {
    static constexpr std::string_view name = "spiral";
    static constexpr std::string_view equation = "x' = -a x - y, y' = x - a y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"damping", "a", "decay", 0.1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 1>& p) const {
        return {-p[0] * x[0] - x[1], x[0] - p[0] * x[1]};
    }
};

/// x' = x^2: infinite at t = 1/x0.
struct blown_up {
    static constexpr std::string_view name = "blow-up";
    static constexpr std::string_view equation = "x' = x^2";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"unused", "u", "nothing", 0}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>&) const {
        return {x[0] * x[0]};
    }
};

/// x' = h + sqrt(1 - x): NaN once x passes 1.
struct root {
    static constexpr std::string_view name = "root";
    static constexpr std::string_view equation = "x' = h + sqrt(1 - x)";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"push", "h", "push", 20}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        using std::sqrt;
        return {p[0] + sqrt(1.0 - x[0])};
    }
};

problem two_expert(double feedback, double bias) {
    auto at = problem_of<models::two_expert>();
    at.set("feedback", feedback);
    at.set("bias", bias);
    return at;
}

double largest_spiral_error(double rtol) {
    const integrate_options options{.samples = 1001, .flow = {.rtol = rtol, .atol = rtol}};
    const auto run = integrate(problem_of<spiral>(), std::vector{1.0, 0.0}, 10, options);
    double worst = 0;
    for (std::size_t k = 0; k < run.columns.rows(); ++k) {
        const double t = run.columns.at("t")[k];
        worst = std::max(worst, std::abs(run.columns.at("x")[k] - std::exp(-t / 10) * cos(t)));
        worst = std::max(worst, std::abs(run.columns.at("y")[k] - std::exp(-t / 10) * sin(t)));
    }
    return worst;
}

}  // namespace

TEST_CASE("integrate follows the linear decay of a router without feedback", "[dynamics][oracle]") {
    auto at = two_expert(0, 0.6);
    at.set("decay", 0.5);

    const auto run = integrate(at, std::vector{3.0}, 8);

    REQUIRE(run.status == flow_status::converged);
    REQUIRE(run.columns.rows() == 201);
    CHECK(run.columns.at("t").back() == 8);
    for (std::size_t k = 0; k < 201; ++k) {
        const double t = run.columns.at("t")[k];
        const double exact = 1.2 + 1.8 * std::exp(-0.5 * t);
        CHECK_THAT(run.columns.at("x")[k], WithinAbs(exact, 1e-7));  // ~30 steps of rtol 1e-9 x 3
    }
}

TEST_CASE("integrate's dense output is of the order of the method", "[dynamics][property]") {
    // Both the error a step and that of the interpolant go as h^5 when rtol goes as h^5, so over
    // four decades of rtol the sampled error falls as rtol; 0.8 leaves room for rejected steps.
    const double coarse = largest_spiral_error(1e-5), fine = largest_spiral_error(1e-9);

    CHECK(std::log10(coarse / fine) / 4 > 0.8);
    CHECK(fine < 1e-7);
}

TEST_CASE("settle reaches the pitchfork's stable states", "[dynamics][oracle]") {
    // docs/theory.md section 2: the load gap m at eta = 0 for three mu; mu = feedback / 2 here
    using mu_and_gap = std::pair<double, double>;
    const auto [mu, gap] =
        GENERATE(mu_and_gap{1.1, 0.502940574945}, mu_and_gap{1.5, 0.858559636640},
                 mu_and_gap{2.0, 0.957504024077});
    const double side = GENERATE(-1.0, 1.0);
    const auto at = two_expert(2 * mu, 0);

    const auto end = settle(at, std::vector{side * 1e-9});

    REQUIRE(end.status == flow_status::converged);
    double loads[2];
    at.model->loads(end.state, at.parameters, loads);
    CHECK_THAT(loads[0] - loads[1], WithinAbs(side * gap, 1e-12));  // the stored digits
}

TEST_CASE("settle does not stop at a state that repels or attracts too slowly", "[dynamics]") {
    const double feedback = GENERATE(2.0, 3.0);  // x = 0 is the branch point, then unstable
    const double x0 = feedback == 2.0 ? 0.01 : 0.0;

    const auto end = settle(two_expert(feedback, 0), std::vector{x0}, {.max_time = 1e4});

    CHECK(end.status == flow_status::stalled);
    // x' = -x^3/12 (docs/theory.md section 2: -kappa beta^3/24): x^-2 grows by t/6, and t is at
    // least 1e4
    if (feedback == 2.0) CHECK(end.state[0] <= 1 / std::sqrt(1e4 + 1e4 / 6) * 1.001);
}

TEST_CASE("settle finds the focus of a spiral and leaves its centre alone", "[dynamics]") {
    auto at = problem_of<spiral>();
    const auto focus = settle(at, std::vector{1.0, 0.5});
    at.set("damping", 0);
    const auto centre = settle(at, std::vector{1.0, 0.5}, {.max_time = 100});

    REQUIRE(focus.status == flow_status::converged);
    CHECK(std::hypot(focus.state[0], focus.state[1]) < 1e-15);
    CHECK(centre.status == flow_status::stalled);
}

TEST_CASE("a flow that leaves the domain or the numbers says so", "[dynamics][error]") {
    const auto away = integrate(problem_of<blown_up>(), std::vector{1.0}, 2);
    const auto nan = integrate(problem_of<root>(), std::vector{0.0}, 2);
    const auto slow =
        integrate(problem_of<spiral>(), std::vector{1.0, 0.0}, 100, {.flow = {.max_steps = 3}});

    CHECK((away.status == flow_status::left_domain || away.status == flow_status::not_finite));
    CHECK(away.columns.at("t").back() < 1);
    CHECK(nan.status == flow_status::not_finite);
    CHECK(slow.status == flow_status::stalled);
    CHECK(to_string(slow.status) == "stalled");
}

TEST_CASE("integrate and settle name what was wrong", "[dynamics][error]") {
    const auto at = two_expert(1, 0);
    const std::vector<double> one{0.0}, two{0.0, 0.0};

    CHECK_THROWS_WITH(integrate(at, two, 1),
                      "integrate: the start has 2 numbers, but two-expert has 1 states");
    CHECK_THROWS_WITH(integrate(at, one, -1),
                      "integrate: the end time is -1, but it must be > 0 and finite");
    CHECK_THROWS_WITH(integrate(at, one, 1, {.samples = 1}),
                      "integrate: samples is 1, but it must be >= 2");
    CHECK_THROWS_WITH(settle(at, one, {.flow = {.rtol = -1}}),
                      "settle: rtol is -1, but it must be > 0");
    CHECK_THROWS_AS(settle(at, std::vector{std::numeric_limits<double>::quiet_NaN()}),
                    invalid_argument);
}
