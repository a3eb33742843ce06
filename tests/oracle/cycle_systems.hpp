// SPDX-License-Identifier: MIT
// Textbook systems whose cycles are known, as models.
#pragma once

#include <moebius/model/model.hpp>

namespace oracle {

using moebius::parameter_info;
using moebius::vec;

/// A circle r = 1, T = 2 pi, beside a plane in which perturbations turn by omega T and grow like
/// exp(mu T): multipliers exp(-4 pi) and exp(2 pi (mu +- i omega)).
struct torus_form {
    static constexpr std::string_view name = "torus-form";
    static constexpr std::string_view equation =
        "x' = x - y - x r^2, y' = x + y - y r^2, u' = mu u - omega v - u s^2, "
        "v' = omega u + mu v - v s^2";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"x", "y", "u", "v"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"mu", "mu", "growth", 0}, {"omega", "omega", "turn", 0.2}}};

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& z, const vec<S, 2>& p) const {
        const S r2 = z[0] * z[0] + z[1] * z[1], s2 = z[2] * z[2] + z[3] * z[3];
        return {z[0] - z[1] - z[0] * r2, z[0] + z[1] - z[1] * r2,
                p[0] * z[2] - p[1] * z[3] - z[2] * s2, p[1] * z[2] + p[0] * z[3] - z[3] * s2};
    }
};

/// The same circle beside a plane that turns by half in each turn of it: multipliers exp(-4 pi),
/// -exp(2 pi mu) and -exp(-2 pi).
struct flip_form {
    static constexpr std::string_view name = "flip-form";
    static constexpr std::string_view equation =
        "x' = x - y - x r^2, y' = x + y - y r^2, u' = (mu - 1) u/2 + (mu + 1)(x u + y v)/2 - v/2 - "
        "u s^2, v' = (mu - 1) v/2 + (mu + 1)(y u - x v)/2 + u/2 - v s^2";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"x", "y", "u", "v"};
    static constexpr std::array<parameter_info, 1> parameters{{{"mu", "mu", "growth", 0}}};

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& z, const vec<S, 1>& p) const {
        const S r2 = z[0] * z[0] + z[1] * z[1], s2 = z[2] * z[2] + z[3] * z[3];
        const S less = 0.5 * (p[0] - 1.0), more = 0.5 * (p[0] + 1.0);
        return {z[0] - z[1] - z[0] * r2, z[0] + z[1] - z[1] * r2,
                less * z[2] + more * (z[0] * z[2] + z[1] * z[3]) - 0.5 * z[3] - z[2] * s2,
                less * z[3] + more * (z[1] * z[2] - z[0] * z[3]) + 0.5 * z[2] - z[3] * s2};
    }
};

/// Steinmetz and Larter's peroxidase-oxidase reaction.
/// @source C. G. Steinmetz & R. Larter, J. Chem. Phys. 94 (1991) 1388; rates as in the tutorial
///         "Steinmetz-Larter model" of BifurcationKit.jl, after MatCont
struct steinmetz_larter {
    static constexpr std::string_view name = "steinmetz-larter";
    static constexpr std::string_view equation =
        "A' = -k1 A B X - k3 A B Y + k7 - k-7 A, B' = -k1 A B X - k3 A B Y + k8, "
        "X' = k1 A B X - 2 k2 X^2 + 2 k3 A B Y - k4 X + k6, Y' = -k3 A B Y + 2 k2 X^2 - k5 Y";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"A", "B", "X", "Y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"k7", "k7", "inflow of A", 1.5}, {"k8", "k8", "inflow of B", 0.75}}};

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& z, const vec<S, 2>& p) const {
        const S both = z[0] * z[1], by_x = 0.1631021 * both * z[2], by_y = 0.046875 * both * z[3];
        const S pairs = 2500.0 * z[2] * z[2];
        return {p[0] - 0.1175 * z[0] - by_x - by_y, p[1] - by_x - by_y,
                by_x - pairs + 2.0 * by_y - 20.0 * z[2] + 0.001, pairs - by_y - 1.104 * z[3]};
    }
};

/// Van der Pol's oscillator x'' = mu (1 - x^2) x' - x.
struct van_der_pol {
    static constexpr std::string_view name = "van-der-pol";
    static constexpr std::string_view equation = "x' = y, y' = mu (1 - x^2) y - x";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"mu", "mu", "bend", 0.1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& z, const vec<S, 1>& p) const {
        return {z[1], p[0] * (1.0 - z[0] * z[0]) * z[1] - z[0]};
    }
};

}  // namespace oracle
