// SPDX-License-Identifier: MIT
// Textbook systems whose bifurcation values are known to many digits, as models.
#pragma once

#include <cmath>
#include <moebius/model/model.hpp>

#include "numbered_states.hpp"

namespace oracle {

using moebius::parameter_info;
using moebius::vec;

/// Bykov, Yablonskii and Kim's oxidation of CO.
struct co_oxidation {
    static constexpr std::string_view name = "co-oxidation";
    static constexpr std::string_view equation =
        "x' = 2 q1 z^2 - 2 q5 x^2 - q3 x y, y' = q2 z - q6 y - q3 x y, s' = q4 (z - k s), "
        "z = 1 - x - y - s";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "s"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"q2", "q2", "adsorption", 1.04}, {"k", "k", "slow reaction", 0.4}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 2>& p) const {
        const S z = 1.0 - u[0] - u[1] - u[2], reaction = 10.0 * u[0] * u[1];
        return {5.0 * z * z - 2.0 * u[0] * u[0] - reaction, p[0] * z - 0.1 * u[1] - reaction,
                0.0675 * (z - p[1] * u[2])};
    }
};

/// The reaction A -> B in a stirred tank, demo `ab` of AUTO-07p.
struct stirred_tank {
    static constexpr std::string_view name = "stirred-tank";
    static constexpr std::string_view equation =
        "u1' = -u1 + D (1 - u1) exp(u2), u2' = -u2 + B D (1 - u1) exp(u2) - beta u2";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"u1", "u2"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"D", "D", "rate", 0}, {"B", "B", "heat", 14}, {"beta", "beta", "cooling", 3}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 3>& p) const {
        using std::exp;
        const S r = p[0] * (1.0 - u[0]) * exp(u[1]);
        return {-u[0] + r, -u[1] + p[1] * r - p[2] * u[1]};
    }
};

/// Predator and prey, demo `pp2` of AUTO-07p.
struct predator_prey {
    static constexpr std::string_view name = "predator-prey";
    static constexpr std::string_view equation =
        "u1' = 3 u1 (1 - u1) - u1 u2 - p (1 - exp(-5 u1)), u2' = -u2 + 3 u1 u2";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"u1", "u2"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "fishing", 0}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 1>& p) const {
        using std::exp;
        return {3.0 * u[0] * (1.0 - u[0]) - u[0] * u[1] - p[0] * (1.0 - exp(-5.0 * u[0])),
                -u[1] + 3.0 * u[0] * u[1]};
    }
};

/// The normal form of the cusp, demo `cusp` of AUTO-07p.
struct cusp_form {
    static constexpr std::string_view name = "cusp-form";
    static constexpr std::string_view equation = "x' = mu + lambda x - x^3";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"mu", "mu", "bias", 0}, {"lambda", "lambda", "feedback", 1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 2>& p) const {
        return {p[0] + p[1] * x[0] - x[0] * x[0] * x[0]};
    }
};

/// Two genes that repress each other, each by Hill's law.
struct hill_toggle {
    static constexpr std::string_view name = "hill-toggle";
    static constexpr std::string_view equation =
        "x' = f(x, y), y' = f(y, x), f = v0 + v (S x)^2 / ((S x)^2 + (D y)^2 + K^2) - x";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"S", "S", "strength", 0.1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 1>& p) const {
        const auto f = [&p](const S& x, const S& y) -> S {
            const S on = p[0] * p[0] * x * x;
            return 0.1 + on / (on + 0.25 * y * y + 0.25) - x;
        };
        return {f(u[0], u[1]), f(u[1], u[0])};
    }
};

/// FitzHugh and Nagumo's neuron, a = 0.08, b = 1, c = 0.8.
struct fitzhugh_nagumo {
    static constexpr std::string_view name = "fitzhugh-nagumo";
    static constexpr std::string_view equation = "x' = x - x^3/3 - y + I, y' = a (b x - c y)";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"I", "I", "current", 0}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 1>& p) const {
        return {u[0] - u[0] * u[0] * u[0] / 3.0 - u[1] + p[0], 0.08 * (u[0] - 0.8 * u[1])};
    }
};

/// A ring of alike cells that nothing declares as such, coupling 1/2.
template <std::size_t cells>
struct cell_ring {
    static constexpr std::string_view name = "cell-ring";
    static constexpr std::string_view equation =
        "u_i' = lambda u_i - u_i^3 + (u_(i-1) + u_(i+1) - 2 u_i)/2";
    static constexpr std::size_t dimension = cells;
    static constexpr auto states = numbered_states<'u', cells>;
    static constexpr std::array<parameter_info, 1> parameters{{{"lambda", "lambda", "growth", -1}}};

    template <typename S>
    vec<S, cells> rhs(const vec<S, cells>& u, const vec<S, 1>& p) const {
        vec<S, cells> out;
        for (std::size_t i = 0; i < cells; ++i)
            out[i] = p[0] * u[i] - u[i] * u[i] * u[i] +
                     0.5 * (u[(i + cells - 1) % cells] + u[(i + 1) % cells] - 2.0 * u[i]);
        return out;
    }
};

/// Lorenz's convection, sigma = 10, b = 8/3.
struct lorenz_63 {
    static constexpr std::string_view name = "lorenz-63";
    static constexpr std::string_view equation =
        "x' = sigma (y - x), y' = rho x - y - x z, z' = x y - b z";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 1> parameters{{{"rho", "rho", "heating", 0}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 1>& p) const {
        return {10.0 * (u[1] - u[0]), p[0] * u[0] - u[1] - u[0] * u[2],
                u[0] * u[1] - 8.0 / 3 * u[2]};
    }
};

/// Genesio and Tesi's feedback loop, MatCont's `adaptx`.
struct genesio_tesi {
    static constexpr std::string_view name = "genesio-tesi";
    static constexpr std::string_view equation = "x' = y, y' = z, z' = -alpha z - beta y - x + x^2";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"alpha", "alpha", "damping", 2}, {"beta", "beta", "stiffness", 1}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 2>& p) const {
        return {u[1] * 1.0, u[2] * 1.0, -p[0] * u[2] - p[1] * u[1] - u[0] + u[0] * u[0]};
    }
};

/// The normal form of Bautin's point: HB at mu = 0, GH at mu = beta = 0.
struct bautin_form {
    static constexpr std::string_view name = "bautin-form";
    static constexpr std::string_view equation =
        "x' = mu x - y + beta x r^2 + x r^4, y' = x + mu y + beta y r^2 + y r^4";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"mu", "mu", "growth", -0.5}, {"beta", "beta", "bend", -1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 2>& p) const {
        const S r2 = u[0] * u[0] + u[1] * u[1], a = p[0] + p[1] * r2 + r2 * r2;
        return {a * u[0] - u[1], a * u[1] + u[0]};
    }
};

/// Henon's map as a rule of step 1, b = 0.3.
struct henon {
    static constexpr std::string_view name = "henon";
    static constexpr std::string_view equation = "x' = 1 - a x^2 + y - x, y' = b x - y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"a", "a", "bend", 0.1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 1>& p) const {
        return {1.0 - p[0] * u[0] * u[0] + u[1] - u[0], 0.3 * u[0] - u[1]};
    }
};

/// Two turns of it: its fixed points are those of the 2-cycle, too.
struct henon_twice {
    static constexpr std::string_view name = "henon-twice";
    static constexpr std::string_view equation = "(x, y)' = H(H(x, y)) - (x, y)";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"a", "a", "bend", 0.5}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 1>& p) const {
        const S x = 1.0 - p[0] * u[0] * u[0] + u[1], y = 0.3 * u[0];
        return {1.0 - p[0] * x * x + y - u[0], 0.3 * x - u[1]};
    }
};

}  // namespace oracle
