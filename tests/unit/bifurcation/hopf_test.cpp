// SPDX-License-Identifier: MIT
#include <moebius/bifurcation/hopf.hpp>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <numbers>

#include "catch.hpp"
#include "unit/cycle_models.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

struct plane {
    static constexpr std::string_view equation = "";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"mu", "mu", "", 0}}};
};

/// A centre at mu = 0 that is linear.
struct van_der_pol_plane : plane {
    static constexpr std::string_view name = "van-der-pol";

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& s, const vec<S, 1>& p) const {
        return {s[1], p[0] * (1.0 - s[0] * s[0]) * s[1] - s[0]};
    }
};

/// Lotka and Volterra's prey and predators, with a growth that bends: a centre at mu = 0.
struct predators : plane {
    static constexpr std::string_view name = "predators";

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& s, const vec<S, 1>& p) const {
        return {s[0] * (1.0 - s[1]) + p[0] * (s[0] - 1.0), 2.0 * s[1] * (s[0] - 1.0)};
    }
};

/// Controlled experts of which the first m agree, and the rest; balanced at feedback kappa.
problem two_groups(std::size_t experts, std::size_t m, double gain) {
    auto at = with_defaults(
        controlled_feedback(softmax_loads(experts))->regrouped(split(one_group(experts), 0, m)));
    at.set("gain", gain);
    return at;
}

std::vector<double> balanced(const problem& at, double feedback, double experts) {
    std::vector<double> x(at.model->dimension(), 0);
    for (std::size_t g = 0; g < x.size() / 2; ++g) x[g] = feedback / experts;
    return x;
}

}  // namespace

TEST_CASE("find_hopf meets the controlled experts' closed form", "[hopf][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 2, 3, 8, 64);
    const auto share = GENERATE(as<std::size_t>{}, 2, 8);
    const std::size_t winners = experts < 8 ? 1 : experts / share;
    const double gain = GENERATE(0.02, 0.5), n = static_cast<double>(experts);
    auto at = two_groups(experts, winners, gain);
    at.set("feedback", 0.97 * (n + gain));  // off by some per cent, as after a coarse step
    const auto x = balanced(at, 0.97 * (n + gain), n);
    const auto found =
        find_hopf(at, {"feedback", 0.5 * n, 2 * n}, x, at.parameters, 1.1 * std::sqrt(gain / n));

    CAPTURE(experts, winners, gain);
    REQUIRE(found);
    CHECK(found->type == point_type::HB);
    CHECK_THAT(found->parameters[0], WithinRel(n + gain, 1e-12));  // docs/theory.md section 5
    const double omega = std::sqrt(gain / n);
    CHECK_THAT(*coefficient_of(*found, "omega"), WithinRel(omega, 1e-11));
    CHECK_THAT(*coefficient_of(*found, "period"), WithinRel(2 * std::numbers::pi / omega, 1e-11));
    // Re = (K/N - 1 - gain/N) / 2 for two eigenvalues with that sum
    CHECK_THAT(*coefficient_of(*found, "crossing"), WithinRel(0.5 / n, 1e-9));
    CHECK(found->residual < 1e-12);
    const auto q = critical_vector(at, *found);
    CHECK_THAT(q.norm(), WithinRel(1, 1e-14));
}

TEST_CASE("find_hopf gives the first Lyapunov coefficient", "[hopf][oracle]") {
    auto at = problem_of<test_models::round_cycles>();
    const double cubic = GENERATE(-1.0, -0.3, 0.7);
    at.set("cubic", cubic);
    at.set("twist", 0.4);
    at.set("mu", 0.05);
    const auto found = find_hopf(at, {"mu", -1, 1}, {0.01, -0.02}, at.parameters, 1.2);

    REQUIRE(found);
    CHECK_THAT(found->parameters[0], WithinAbs(0, 1e-14));
    CHECK_THAT(*coefficient_of(*found, "omega"), WithinAbs(1, 1e-13));
    CHECK_THAT(*coefficient_of(*found, "crossing"), WithinAbs(1, 1e-12));
    // r' = cubic r^3 with x = 2 Re(q z), |q| = 1: r = sqrt(2) |z|, so |z|' = 2 cubic |z|^3 = l1 ...
    CHECK_THAT(*coefficient_of(*found, "l1"), WithinRel(2 * cubic, 1e-12));
    CHECK(found->criticality == (cubic < 0 ? "supercritical" : "subcritical"));
}

TEST_CASE("a centre is told neither supercritical nor subcritical", "[hopf][oracle]") {
    // van der Pol's oscillator without damping, whose terms vanish, and Lotka and Volterra's
    // system, whose terms cancel
    const auto linear = find_hopf(problem_of<van_der_pol_plane>(), {"mu", -1, 1}, {0, 0}, {0.1}, 1);
    const auto beside =
        find_hopf(problem_of<van_der_pol_plane>(), {"mu", -1, 10}, {0, 0}, {0.5}, 1);
    const auto conserved = find_hopf(problem_of<predators>(), {"mu", -1, 1}, {1, 1}, {0.1}, 1);

    REQUIRE(linear);
    REQUIRE(beside);
    REQUIRE(conserved);
    CHECK(linear->criticality.empty());
    CHECK(beside->criticality.empty());
    CHECK(conserved->criticality.empty());
    CHECK_THAT(*coefficient_of(*conserved, "l1"), WithinAbs(0, 1e-13));
}

TEST_CASE("two controlled experts oscillate softly", "[hopf][oracle]") {
    // z1 - z2 = x, b1 - b2 = y and g = 1/2: with u = (x + y) / 2 the system is
    // x' = -x + K tanh u, y' = -gain tanh u; averaging its cubic -u^3/3 over the linear motion
    // u = a cos t gives a'/a = -(K - gain) a^2 / 16 at first order.
    auto at = two_groups(2, 1, 0.3);
    at.set("feedback", 2.2);
    const auto found = find_hopf(at, {"feedback", 1, 4}, balanced(at, 2.2, 2), at.parameters, 0.4);

    REQUIRE(found);
    CHECK(found->criticality == "supercritical");
    const auto q = critical_vector(at, *found);
    const auto u = (q[0] + q[2] - q[1] - q[3]) / 2.0;  // amplitude of u is 2 |u| |z|
    const double omega = *coefficient_of(*found, "omega");
    const double expected = -(2.3 - 0.3) * std::norm(2.0 * u) / 16 / omega;  // l1 is over omega
    CHECK_THAT(*coefficient_of(*found, "l1"), WithinRel(expected, 1e-9));
}

TEST_CASE("a neutral saddle is no Hopf point", "[hopf][edge]") {
    const auto at = problem_of<test_models::neutral_saddle>();
    const double omega = GENERATE(0.01, 1.0, 3.0);
    CHECK_FALSE(find_hopf(at, {"p", -1, 1}, {0, 0}, at.parameters, omega));
}

TEST_CASE("find_hopf refuses several pairs at once", "[hopf][edge]") {
    auto at = with_defaults(controlled_feedback(softmax_loads(8)));
    at.set("feedback", 8.02);
    CHECK_FALSE(find_hopf(at, {"feedback", 4, 16}, balanced(at, 8.02, 8), at.parameters, 0.05));
}

TEST_CASE("find_hopf says what a bad guess was", "[hopf][error]") {
    const auto at = problem_of<test_models::round_cycles>();
    REQUIRE_THROWS_WITH(find_hopf(at, {"mu", -1, 1}, {0, 0}, at.parameters, 0),
                        "find_hopf: omega_guess is 0, but it must be > 0 and finite");
    REQUIRE_THROWS_WITH(find_hopf(at, {"mu", -1, 1}, {0}, at.parameters, 1),
                        "find_hopf: the state has 1 numbers, but round-cycles has 2 states");
}
