// SPDX-License-Identifier: MIT
// Systems from the literature with known bifurcations, as models.
#pragma once

#include <cmath>
#include <moebius/model/model.hpp>

#include "numbered_states.hpp"

namespace oracle {

using moebius::parameter_info;
using moebius::vec;

/// x' = A - (B + 1) x + x^2 y, y' = B x - x^2 y. Equilibrium (A, B/A), Hopf at B = 1 + A^2 with
/// omega = A, supercritical.
/// @source Prigogine & Lefever, J. Chem. Phys. 48 (1968) 1695; Kuznetsov, Elements of Applied
///         Bifurcation Theory (3rd ed.), exercise 3.6.3
struct brusselator {
    static constexpr std::string_view name = "brusselator";
    static constexpr std::string_view equation = "x' = A - (B + 1) x + x^2 y, y' = B x - x^2 y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"A", "A", "feed", 1}, {"B", "B", "conversion", 1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        const S reaction = x[0] * x[0] * x[1];
        return {p[0] - (p[1] + 1.0) * x[0] + reaction, p[1] * x[0] - reaction};
    }
};

/// Lorenz's model of the general circulation, a = 1/4, b = 4.
/// @source E. N. Lorenz, Tellus 36A (1984) 98; A. Shil'nikov, G. Nicolis, C. Nicolis, Int. J.
///         Bifurcation Chaos 5 (1995) 1701
struct lorenz_84 {
    static constexpr std::string_view name = "lorenz-84";
    static constexpr std::string_view equation =
        "x' = -y^2 - z^2 - a x + a F, y' = x y - b x z - y + G, z' = b x y + x z - z";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"F", "F", "symmetric heating", 1}, {"G", "G", "asymmetric heating", 1}}};
    static constexpr double a = 0.25, b = 4;

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 2>& p) const {
        const S &x = u[0], &y = u[1], &z = u[2];
        return {a * (p[0] - x) - y * y - z * z, x * y - b * x * z - y + p[1],
                b * x * y + x * z - z};
    }
};

/// Predator and prey that defends itself in groups,
/// x' = x (1 - x/K) - x y/(1 + x^2), y' = y (m x/(1 + x^2) - 1).
///
/// Interior equilibria have m = x + 1/x, y = (1 - x/K)(1 + x^2). They fold at x = 1, and the trace
/// vanishes for K = (1 + 3 x^2)/(2 x): a Bogdanov-Takens point at K = m = 2.
/// @source D. Xiao & S. Ruan, SIAM J. Appl. Math. 61 (2001) 1445, with r = a = D = 1
struct group_defence {
    static constexpr std::string_view name = "group-defence";
    static constexpr std::string_view equation =
        "x' = x (1 - x/K) - x y/(1 + x^2), y' = y (m x/(1 + x^2) - 1)";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"K", "K", "capacity", 3, 0}, {"m", "m", "conversion", 2.5}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 2>& p) const {
        const S eaten = u[0] / (1.0 + u[0] * u[0]);
        return {u[0] * (1.0 - u[0] / p[0]) - eaten * u[1], u[1] * (p[1] * eaten - 1.0)};
    }
};

/// Bazykin's predator and prey: x' = x - x y/(1 + alpha x) - eps x^2,
/// y' = -gamma y + x y/(1 + alpha x) - delta y^2 with gamma = 1, eps = 0.01.
/// @source A. D. Bazykin, Nonlinear Dynamics of Interacting Populations; Kuznetsov (3rd ed.),
///         section 8.4, example 8.3 (Bazykin's predator-prey system)
struct bazykin {
    static constexpr std::string_view name = "bazykin";
    static constexpr std::string_view equation =
        "x' = x - x y/(1 + alpha x) - eps x^2, y' = -gamma y + x y/(1 + alpha x) - delta y^2";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"alpha", "α", "saturation", 0.3}, {"delta", "δ", "predators' competition", 0.1}}};
    static constexpr double gamma = 1, eps = 0.01;

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 2>& p) const {
        const S eaten = u[0] * u[1] / (1.0 + p[0] * u[0]);
        return {u[0] - eaten - eps * u[0] * u[0], eaten - gamma * u[1] - p[1] * u[1] * u[1]};
    }
};

/// Bratu's problem u'' + lambda e^u = 0, u(0) = u(1) = 0, by Numerov's method of fourth order on
/// the inner points of the left half (u is even about 1/2, where the last point stands).
///
/// The fold of the boundary value problem stands at lambda = 8 (t/cosh t)^2 with t tanh t = 1,
/// 3.513830719125162.
/// @source G. Bratu, Bull. Soc. Math. France 42 (1914) 113; Ascher, Mattheij & Russell, Numerical
///         Solution of Boundary Value Problems for ODEs (1995), example 1.5 and chapter 10 (lambda)
template <std::size_t points>
struct bratu {
    static constexpr std::string_view name = "bratu";
    static constexpr std::string_view equation = "u'' + lambda exp(u) = 0, u(0) = u(1) = 0";
    static constexpr std::size_t dimension = points;
    static constexpr auto states = numbered_states<'u', points>;
    static constexpr std::array<parameter_info, 1> parameters{{{"lambda", "λ", "heating", 1}}};

    template <typename S>
    vec<S, points> rhs(const vec<S, points>& u, const vec<S, 1>& p) const {
        using std::exp;
        constexpr double h = 0.5 / points;
        const S source = p[0] * 1.0;
        vec<S, points> heat, out;
        for (std::size_t i = 0; i < points; ++i) heat[i] = source * exp(u[i]);
        for (std::size_t i = 0; i < points; ++i) {
            const S left = i > 0 ? u[i - 1] : S(0.0), heat_left = i > 0 ? heat[i - 1] : source;
            const S& right = i + 1 < points ? u[i + 1] : u[points - 2];
            const S& heat_right = i + 1 < points ? heat[i + 1] : heat[points - 2];
            out[i] = (left - 2.0 * u[i] + right) / (h * h) +
                     (heat_left + 10.0 * heat[i] + heat_right) / 12.0;
        }
        return out;
    }
};

/// x <- x + r x (1 - x), the logistic map, as a rule of step 1: x' = r x (1 - x). Its fixed point
/// x = 1 has the multiplier 1 - r.
/// @source R. M. May, Nature 261 (1976) 459
struct logistic {
    static constexpr std::string_view name = "logistic";
    static constexpr std::string_view equation = "x' = r x (1 - x)";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"r", "r", "growth", 1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        return {p[0] * x[0] * (1.0 - x[0])};
    }
};

/// The delayed logistic map (x, y) <- (r x (1 - y), x) as a rule of step 1. Its fixed point
/// 1 - 1/r has multipliers exp(+-i pi/3) at r = 2.
/// @source Kuznetsov (3rd ed.), example 4.2
struct delayed_logistic {
    static constexpr std::string_view name = "delayed-logistic";
    static constexpr std::string_view equation = "x' = r x (1 - y) - x, y' = x - y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"r", "r", "growth", 1.5}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 1>& p) const {
        return {p[0] * u[0] * (1.0 - u[1]) - u[0], u[0] - u[1]};
    }
};

}  // namespace oracle
