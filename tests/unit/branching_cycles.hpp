// SPDX-License-Identifier: MIT
// Models whose branches of cycles cross: three of AUTO-07p's demonstrations and a forced
// oscillator.
#pragma once

#include <cmath>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/model/model.hpp>
#include <numbers>

namespace test_models {

using moebius::parameter_info;
using moebius::vec;

/// r' = -r (r - p1) (r - p2), theta' = 2 pi: two circles that cross at p1 = p2 (AUTO's lcbp).
struct crossing_circles {
    static constexpr std::string_view name = "crossing-circles";
    static constexpr std::string_view equation = "r' = -r (r - p1) (r - p2), theta' = 2 pi";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"p1", "p1", "", 1}, {"p2", "p2", "", 2}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        using std::sqrt;
        const S r = sqrt(x[0] * x[0] + x[1] * x[1]);
        const S shrink = (r - p[0]) * (r - p[1]);
        constexpr double w = 2 * std::numbers::pi;
        return {-x[0] * shrink - w * x[1], -x[1] * shrink + w * x[0]};
    }
};

/// An electronic circuit with x -> -x (AUTO's tor).
struct symmetric_circuit {
    static constexpr std::string_view name = "symmetric-circuit";
    static constexpr std::string_view equation = "Freire et al., SIAM J. Appl. Math. 53 (1993)";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"nu", "nu", "", -0.9}, {"be", "be", "", 0.5}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 2>& p) const {
        constexpr double ga = -0.6, r = 0.6, a3 = 0.328578, b3 = 0.933578;
        const S& be = p[1];
        const S d = x[1] - x[0], d3 = d * d * d;
        return {(-(be + p[0]) * x[0] + be * x[1] - a3 * x[0] * x[0] * x[0] + b3 * d3) / r,
                be * x[0] - (be + ga) * x[1] - x[2] - b3 * d3, x[1] * 1.0};
    }
};

/// Prey, predator and one that hunts it, absent on an invariant plane (AUTO's pp3).
struct food_chain {
    static constexpr std::string_view name = "food-chain";
    static constexpr std::string_view equation = "AUTO-07p, demo pp3";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"u", "v", "w"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "", 0}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 1>& p) const {
        using std::exp;
        return {
            x[0] * (1.0 - x[0]) - 4.0 * x[0] * x[1],
            -0.25 * x[1] + 4.0 * x[0] * x[1] - 3.0 * x[1] * x[2] - p[0] * (1.0 - exp(-5.0 * x[1])),
            -0.5 * x[2] + 3.0 * x[1] * x[2]};
    }
};

/// x'' + 0.2 x' + x + x^3 = F cos(1.2 t), the force by an oscillator of its own.
struct duffing {
    static constexpr std::string_view name = "duffing";
    static constexpr std::string_view equation = "x'' + 0.2 x' + x + x^3 = F cos(1.2 t)";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"x", "y", "u", "v"};
    static constexpr std::array<parameter_info, 1> parameters{{{"F", "F", "", 0}}};

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& x, const vec<S, 1>& p) const {
        constexpr double w = 1.2;
        const S r2 = x[2] * x[2] + x[3] * x[3];
        return {x[1] * 1.0, -0.2 * x[1] - x[0] - x[0] * x[0] * x[0] + p[0] * x[2],
                x[2] - w * x[3] - x[2] * r2, x[3] + w * x[2] - x[3] * r2};
    }
};

/// Its cycle x = cos, y = sin doubles its period at mu = 0: multipliers 1, exp(-4 pi),
/// -exp(2 pi mu), -exp(-2 pi).
struct flip_cycle {
    static constexpr std::string_view name = "flip-cycle";
    static constexpr std::string_view equation = "a circle in a twisted band";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"x", "y", "u", "v"};
    static constexpr std::array<parameter_info, 1> parameters{{{"mu", "mu", "", -0.1}}};

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& s, const vec<S, 1>& p) const {
        const S &x = s[0], &y = s[1], &u = s[2], &v = s[3], &mu = p[0];
        const S r2 = x * x + y * y, q2 = u * u + v * v;
        return {x - y - x * r2, x + y - y * r2,
                (mu - 1.0) / 2.0 * u + (mu + 1.0) / 2.0 * (x * u + y * v) - v / 2.0 - u * q2,
                (mu - 1.0) / 2.0 * v + (mu + 1.0) / 2.0 * (y * u - x * v) + u / 2.0 - v * q2};
    }
};

/// A unit circle in the states first and first + 1, the others zero, as a start.
inline moebius::special_point circle_start(const moebius::problem& at, double period,
                                           std::size_t first) {
    moebius::orbit round{.period = period, .degree = 4, .times = {}, .states = {}};
    for (int i = 0; i <= 160; ++i) {
        const double angle = std::numbers::pi * i / 80;
        round.times.push_back(i / 160.0);
        for (std::size_t k = 0; k < at.model->dimension(); ++k)
            round.states.push_back(k == first       ? std::cos(angle)
                                   : k == first + 1 ? std::sin(angle)
                                                    : 0);
    }
    return moebius::cycle_start(at, round);
}

}  // namespace test_models
