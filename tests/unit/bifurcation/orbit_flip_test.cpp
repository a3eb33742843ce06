// SPDX-License-Identifier: MIT
// Homoclinic orbits that come back to their saddle, or leave it, along no leading direction.
#include <cmath>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/model.hpp>

#include "catch.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

/// A loop x = 3/2 sech^2(t/2), y = x' on the level E = 0 for a = 0, whatever z does, which is
/// driven by it and slower than it.
struct driven_loop {
    static constexpr std::string_view name = "driven-loop";
    static constexpr std::string_view equation =
        "x' = y, y' = x - x^2 + (a + E(x, y)) y, z' = s z + x^2 - q x^3";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"a", "a", "", 0.2}, {"q", "q", "", 0.2}, {"s", "s", "", -0.5}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 3>& p) const {
        const S &x = s[0], &y = s[1];
        const S energy = 0.5 * (y * y - x * x) + x * x * x / 3.0;
        return {y * 1.0, x - x * x + (p[0] + energy) * y, p[2] * s[2] + x * x - p[1] * x * x * x};
    }
};

}  // namespace

// z ends along exp(s t) times the integral of exp(-s t) (x^2 - q x^3), or begins so where s > 0.
// With the integral of exp(s t) sech^2k(t/2), 4^k B(k + s, k - s), it vanishes at
// q = (10/3) / (4 - s^2).
TEST_CASE("an orbit flip is where the way along the slower direction vanishes",
          "[cycles][oracle]") {
    const double rate = GENERATE(-0.7, -0.3, 0.3, 0.5);
    const double step = GENERATE(0.1, 0.5);
    CAPTURE(rate, step);
    auto at = problem_of<driven_loop>();
    at.set("s", rate);
    const parameter_range a{"a", -0.5, 0.5};
    const auto hopfs = test::of_type(equilibrium_diagram(at, a), point_type::HB);
    REQUIRE(hopfs.size() == 1);
    diagram cycles;
    add_cycle_branch(cycles, at, a, hopfs[0], {.max_step = 0.5});
    REQUIRE(cycles.branches.at(0).last == stop_reason::homoclinic);

    const auto found = locus(at, a, {"q", 0, 2}, {.max_step = step}, cycles.special_points.back());

    REQUIRE(found.special_points.size() == 1);
    const auto& flip = found.special_points[0];
    CHECK(flip.type == (rate < 0 ? point_type::OFS : point_type::OFU));
    CHECK_THAT(flip.parameters[0], WithinAbs(0, 1e-10));  // as loops on a level of energy
    CHECK_THAT(flip.parameters[1], WithinAbs(10. / 3 / (4 - rate * rate), 1e-9));
}
