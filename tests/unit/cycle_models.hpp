// SPDX-License-Identifier: MIT
// Small models whose Hopf points and cycles are known, for the solvers' tests.
#pragma once

#include <cmath>
#include <moebius/model/model.hpp>

namespace test_models {

using moebius::parameter_info;
using moebius::vec;

/// r' = r (mu + cubic r^2 + quintic r^4), theta' = 1 + twist r^2: cycles of radius r with
/// mu + cubic r^2 + quintic r^4 = 0 and period 2 pi / (1 + twist r^2); the multiplier besides 1 is
/// exp(period (2 cubic r^2 + 4 quintic r^4)).
struct round_cycles {
    static constexpr std::string_view name = "round-cycles";
    static constexpr std::string_view equation =
        "r' = r (mu + cubic r^2 + quintic r^4), theta' = 1 + twist r^2";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 4> parameters{{{"mu", "μ", "", 0},
                                                               {"cubic", "a", "", -1},
                                                               {"quintic", "c", "", 0},
                                                               {"twist", "τ", "", 0}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 4>& p) const {
        const S r2 = x[0] * x[0] + x[1] * x[1];
        const S grow = p[0] + r2 * (p[1] + r2 * p[2]);
        const S turn = 1.0 + p[3] * r2;
        return {grow * x[0] - turn * x[1], grow * x[1] + turn * x[0]};
    }
};

/// r' = r (1/16 - p^2 - (r^2 - 1)^2), theta' = 1: the radii of its cycles and p make a closed
/// curve.
struct ring_of_cycles {
    static constexpr std::string_view name = "ring-of-cycles";
    static constexpr std::string_view equation = "r' = r (1/16 - p^2 - (r^2 - 1)^2), theta' = 1";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "parameter", 0}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 1>& p) const {
        const S beside = x[0] * x[0] + x[1] * x[1] - 1.0;
        const S grow = 0.0625 - p[0] * p[0] - beside * beside;
        return {grow * x[0] - x[1], grow * x[1] + x[0]};
    }
};

/// A saddle whose eigenvalues are 1 and -1 at p = 0: trace zero, and no Hopf point.
struct neutral_saddle {
    static constexpr std::string_view name = "neutral-saddle";
    static constexpr std::string_view equation = "x' = (1 + p) x, y' = -y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "parameter", 0}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 1>& p) const {
        return {(1.0 + p[0]) * x[0], -x[1]};
    }
};

/// The Rossler system.
struct rossler {
    static constexpr std::string_view name = "rossler";
    static constexpr std::string_view equation = "x' = -y - z, y' = x + a y, z' = b + z (x - c)";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"a", "a", "", 0.2}, {"b", "b", "", 0.2}, {"c", "c", "", 2.5}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 3>& p) const {
        return {-x[1] - x[2], x[0] + p[0] * x[1], p[1] + x[2] * (x[0] - p[2])};
    }
};

/// Substrate-inhibited enzyme kinetics, AUTO's demo plp.
struct substrate_inhibition {
    static constexpr std::string_view name = "substrate-inhibition";
    static constexpr std::string_view equation =
        "s' = S0 - s - rho r, a' = (500 - a)/5 - rho r, r = s a/(1 + s + s^2/10)";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"s", "a"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"rho", "rho", "activity", 2}, {"S0", "S0", "supply", 110}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        const S r = x[0] * x[1] / (1.0 + x[0] + 0.1 * x[0] * x[0]);
        return {p[1] - x[0] - p[0] * r, 0.2 * (500.0 - x[1]) - p[0] * r};
    }
    double state_scale(const vec<double, 2>&) const { return 50; }
};

}  // namespace test_models
