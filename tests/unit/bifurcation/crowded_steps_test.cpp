// SPDX-License-Identifier: MIT
// One step in which several eigenvalues do something at once.
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/hopf.hpp>

#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;

namespace {

/// A fold at w = 0, beside which pairs cross at w = -h and w = -h - gap; there, too, a pair with
/// real part 1/2 becomes real, and at w = -h - saddle two real eigenvalues have the sum 0.
struct crowded_step {
    static constexpr std::string_view name = "crowded-step";
    static constexpr std::string_view equation =
        "w' = p - w^2, pairs w + h +- i and w + h + gap +- 2 i (times turn), "
        "1/2 +- sqrt(-w - h), -1 and 1 - w - h - saddle";
    static constexpr std::size_t dimension = 9;
    static constexpr std::array<std::string_view, 9> states{"w", "x", "y", "q", "r",
                                                            "m", "n", "u", "v"};
    static constexpr std::array<parameter_info, 6> parameters{{{"p", "p", "", 0},
                                                               {"h", "h", "", 0.05},
                                                               {"gap", "gap", "", 0.01},
                                                               {"turn", "turn", "", 1},
                                                               {"turn_2", "turn_2", "", 1},
                                                               {"saddle", "saddle", "", 0}}};

    template <typename S>
    vec<S, 9> rhs(const vec<S, 9>& x, const vec<S, 6>& p) const {
        const S first = p[3] * (x[0] + p[1]), second = p[4] * (x[0] + p[1] + p[2]);
        return {p[0] - x[0] * x[0],
                first * x[1] - x[2] - x[1] * x[1] * x[1],
                x[1] + first * x[2],
                second * x[3] - 2.0 * x[4] - x[3] * x[3] * x[3],
                2.0 * x[3] + second * x[4],
                0.5 * x[5] + x[6] - x[5] * x[5] * x[5],
                -(x[0] + p[1]) * x[5] + 0.5 * x[6],
                -x[7],
                (1.0 - x[0] - p[1] - p[5]) * x[8] - x[8] * x[8] * x[8]};
    }
};

std::vector<double> places_of(const branch& curve, const diagram& in, point_type type) {
    std::vector<double> out;
    for (const auto& point : in.special_points)
        if (point.branch == curve.id && point.type == type) out.push_back(point.state[0]);
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

TEST_CASE("what happens to other eigenvalues in a step hides no Hopf point",
          "[bifurcation][step][complete]") {
    const double max_step = GENERATE(0.05, 0.5, 1.5, 5.0), h = GENERATE(0.15, 0.05, 5e-4);
    const double turn = GENERATE(1.0, -1.0), other = GENERATE(1.0, -1.0);
    const double saddle = GENERATE(0.0, 1e-5, -1e-3);
    problem at = problem_of<crowded_step>();
    at.set("h", h);
    at.set("turn", turn);
    at.set("turn_2", other);
    at.set("saddle", saddle);
    CAPTURE(max_step, h, turn, other, saddle);
    special_point from;
    from.label = "start";
    from.state = {0.2, 0, 0, 0, 0, 0, 0, 0, 0};
    from.parameters = at.parameters;
    from.parameters[0] = 0.04;

    const auto found = equilibrium_diagram(at, {"p", -0.06, 0.04}, {.max_step = max_step}, from);

    REQUIRE(found.branches.size() == 1);
    const auto& curve = found.branches[0];
    CHECK(places_of(curve, found, point_type::LP).size() == 1);
    CHECK(places_of(curve, found, point_type::BP).empty());
    const auto hopf = places_of(curve, found, point_type::HB);
    REQUIRE(hopf.size() == 2);
    CHECK_THAT(hopf[0], WithinAbs(-h - 0.01, 1e-8));
    CHECK_THAT(hopf[1], WithinAbs(-h, 1e-8));
}
