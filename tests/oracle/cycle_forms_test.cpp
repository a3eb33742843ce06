// SPDX-License-Identifier: MIT
// Normal forms of doublings and tori of cycles, where the amplitude follows an equation of its own.
#include <cmath>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/model.hpp>
#include <numbers>

#include "catch.hpp"
#include "oracle/labels.hpp"

using namespace moebius;
using namespace oracle;

namespace {

constexpr double pi = std::numbers::pi;
constexpr double coupling = 0.4;  // e

/// A circle x^2 + y^2 = 1 of period 2 pi beside w = u + i v and a rate z that |w|^2 drives,
///
///     w' = m w + (mu or i omega terms) - kappa w |w|^2 + e z w,  z' = rate (|w|^2 - z)
///
/// so that on the centre manifold, z = |w|^2, the amplitude follows r' = mu r - (kappa - e) r^3. Of
/// `half` the plane turns by half in each turn of the circle, w = exp(i t/2) rho with rho' = mu rho
/// in one direction and -rho in the other, and a multiplier is -1 at mu = 0; else w turns by omega.
template <bool half>
struct amplitude_form {
    static constexpr std::string_view name = half ? "half-turn" : "turn";
    static constexpr std::string_view equation = "see above";
    static constexpr std::size_t dimension = 5;
    static constexpr std::array<std::string_view, 5> states{"x", "y", "u", "v", "z"};
    static constexpr std::array<parameter_info, 4> parameters{{{"mu", "mu", "growth", -0.1},
                                                               {"kappa", "kappa", "cubic", 1},
                                                               {"omega", "omega", "turn", 0.2},
                                                               {"rate", "rate", "of z", 1}}};

    template <typename S>
    vec<S, 5> rhs(const vec<S, 5>& a, const vec<S, 4>& p) const {
        const S r2 = a[0] * a[0] + a[1] * a[1], s2 = a[2] * a[2] + a[3] * a[3];
        const S bent = coupling * a[4] - p[1] * s2;
        S u = p[0] * a[2] - p[2] * a[3], v = p[2] * a[2] + p[0] * a[3];
        if constexpr (half) {
            const S less = 0.5 * (p[0] - 1.0), more = 0.5 * (p[0] + 1.0);
            u = less * a[2] + more * (a[0] * a[2] + a[1] * a[3]) - 0.5 * a[3];
            v = less * a[3] + more * (a[1] * a[2] - a[0] * a[3]) + 0.5 * a[2];
        }
        return {a[0] - a[1] - a[0] * r2, a[0] + a[1] - a[1] * r2, u + bent * a[2], v + bent * a[3],
                p[3] * (s2 - a[4])};
    }
};

diagram along_circle(const problem& base, const parameter_range& range) {
    constexpr std::size_t points = 80;
    orbit circle;
    circle.period = 2 * pi;
    circle.degree = 4;
    for (std::size_t k = 0; k <= points; ++k) {
        const double t = 2 * pi * static_cast<double>(k) / points;
        circle.times.push_back(static_cast<double>(k) / points);
        circle.states.insert(circle.states.end(), {std::cos(t), std::sin(t), 0, 0, 0});
    }
    diagram found;
    add_cycle_branch(found, base, range, cycle_start(base, circle), {.max_step = 0.5});
    return found;
}

}  // namespace

TEST_CASE("doublings and tori of cycles have the coefficient of their amplitude",
          "[cycles][forms]") {
    const double kappa = GENERATE(1.0, 0.1);
    auto half = problem_of<amplitude_form<true>>(), turn = problem_of<amplitude_form<false>>();
    half.set("kappa", kappa);
    turn.set("kappa", kappa);
    const double rate = GENERATE(1.0, 1e6);  // stiff: a turn is a million lifetimes of z
    half.set("rate", rate);
    turn.set("rate", rate);
    const double omega = GENERATE(0.2, 1. / 3);  // 1/3 is a resonance of order 3
    turn.set("omega", omega);
    CAPTURE(kappa, rate, omega);

    const auto flips = all(along_circle(half, {"mu", -0.2, 0.2}), point_type::PD);
    REQUIRE(flips.size() == 1);
    // r(2 pi) = r - 2 pi (kappa - e) r^3, and w changes its sign
    CHECK_THAT(coefficient(flips[0], "b"), WithinAbs(2 * pi * (kappa - coupling), 1e-6));
    CHECK(flips[0].criticality == (kappa > coupling ? "supercritical" : "subcritical"));

    const auto tori = all(along_circle(turn, {"mu", -0.2, 0.2}), point_type::NS);
    REQUIRE(tori.size() == 1);
    CHECK_THAT(coefficient(tori[0], "theta"), WithinAbs(2 * pi * omega, 1e-8));
    // of the eigenvector (1, -i)/sqrt(2) in (u, v), |u + i v|^2 = 2 |w|^2
    CHECK_THAT(coefficient(tori[0], "a"), WithinAbs(-4 * pi * (kappa - coupling), 1e-6));
}

TEST_CASE("the coefficient vanishes at a GPD of doublings and a CH of tori", "[cycles][forms]") {
    const parameter_range growth{"mu", -0.2, 0.2}, cubic{"kappa", 0.05, 1.05};
    const auto half = problem_of<amplitude_form<true>>(),
               turn = problem_of<amplitude_form<false>>();
    const auto flips =
        locus(half, growth, cubic, {.max_step = 2}, along_circle(half, growth).at("PD1"));
    const auto tori =
        locus(turn, growth, cubic, {.max_step = 2}, along_circle(turn, growth).at("NS1"));
    for (const auto& points : {all(flips, point_type::GPD), all(tori, point_type::CH)}) {
        REQUIRE(points.size() == 1);
        CHECK_THAT(points[0].parameters[0], WithinAbs(0, 1e-8));
        CHECK_THAT(points[0].parameters[1], WithinAbs(coupling, 1e-7));
    }
}
