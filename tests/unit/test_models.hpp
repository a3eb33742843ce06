// SPDX-License-Identifier: MIT
// Small models with known diagrams, for the solvers' tests. They also show how a user writes one.
#pragma once

#include <cmath>
#include <moebius/model/model.hpp>

namespace test_models {

using moebius::parameter_info;
using moebius::vec;

/// x' = p - x^3 + depth x: folds at x = +-sqrt(depth/3), p = -+2 (depth/3)^(3/2).
struct s_curve {
    static constexpr std::string_view name = "s-curve";
    static constexpr std::string_view equation = "x' = p - x^3 + depth x";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"p", "p", "push", 0}, {"depth", "d", "depth of the S", 1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 2>& p) const {
        return {p[0] - x[0] * x[0] * x[0] + p[1] * x[0]};
    }
};

/// x' = x (p^2 - width^2 - x^2): two pitchforks at p = +-width on x = 0.
struct two_pitchforks {
    static constexpr std::string_view name = "two-pitchforks";
    static constexpr std::string_view equation = "x' = x (p^2 - width^2 - x^2)";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"p", "p", "parameter", 0}, {"width", "d", "half distance", 0.1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 2>& p) const {
        return {x[0] * (p[0] * p[0] - p[1] * p[1] - x[0] * x[0])};
    }
};

/// x' = p x - x^2: a transcritical crossing at p = 0.
struct transcritical {
    static constexpr std::string_view name = "transcritical";
    static constexpr std::string_view equation = "x' = p x - x^2";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "parameter", -1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        return {p[0] * x[0] - x[0] * x[0]};
    }
};

/// x' = 1 - x^2 - p^2: a circle of equilibria with folds at p = +-1.
struct circle {
    static constexpr std::string_view name = "circle";
    static constexpr std::string_view equation = "x' = 1 - x^2 - p^2";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "parameter", 0}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        return {1.0 - x[0] * x[0] - p[0] * p[0]};
    }
};

/// x' = 1 + x^2, y' = 1 + y^2: no equilibrium anywhere.
struct nowhere {
    static constexpr std::string_view name = "nowhere";
    static constexpr std::string_view equation = "x' = 1 + x^2, y' = 1 + y^2";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "parameter", 0}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 1>& /*p*/) const {
        return {1.0 + x[0] * x[0], 1.0 + x[1] * x[1]};
    }
};

/// Two experts in their scores s1, s2 instead of the difference x = s1 - s2, which obeys the
/// two-expert model; the sum relaxes to feedback/decay. Bias acts on s1 only.
struct two_scores {
    static constexpr std::string_view name = "two-scores";
    static constexpr std::string_view equation = "s_e' = feedback p_e - decay s_e + b_e";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"s1", "s2"};
    static constexpr std::array<parameter_info, 4> parameters{{{"feedback", "κ", "", 1},
                                                               {"decay", "λ", "", 1, 0},
                                                               {"beta", "β", "", 1, 0},
                                                               {"bias", "h", "", 0}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& s, const vec<S, 4>& p) const {
        using std::exp;
        const S first = 1.0 / (1.0 + exp(p[2] * (s[1] - s[0])));
        return {p[0] * first - p[1] * s[0] + p[3], p[0] * (1.0 - first) - p[1] * s[1]};
    }
};

/// z' = (growth + 2 i) z + cubic |z|^2 z - |z|^4 z for z = x + i (y - x^2): the normal form of a
/// generalized Hopf point at growth = cubic = 0, in other coordinates.
struct bautin {
    static constexpr std::string_view name = "bautin";
    static constexpr std::string_view equation = "z' = (growth + 2 i) z + cubic |z|^2 z - |z|^4 z";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"growth", "", "", 0}, {"cubic", "", "", -1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 2>& p) const {
        const S& x = u[0];
        const S y = u[1] - x * x, rr = x * x + y * y, rate = p[0] + p[1] * rr - rr * rr;
        const S dx = rate * x - 2.0 * y;
        return {dx, rate * y + 2.0 * x + 2.0 * x * dx};
    }
};

/// Not a number from x = 1 on.
struct broken {
    static constexpr std::string_view name = "broken";
    static constexpr std::string_view equation = "x' = x - p where log(1 - x) exists";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "parameter", 0}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        using std::log;
        return {x[0] - p[0] + 0.0 * log(1.0 - x[0])};
    }
};

}  // namespace test_models
