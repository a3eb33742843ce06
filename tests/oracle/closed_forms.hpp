// SPDX-License-Identifier: MIT
// Textbook systems whose labels all have closed forms, as models.
#pragma once

#include <cmath>
#include <moebius/model/model.hpp>

namespace oracle {

using moebius::parameter_info;
using moebius::vec;

/// Sel'kov's glycolysis.
struct selkov {
    static constexpr std::string_view name = "selkov";
    static constexpr std::string_view equation = "x' = -x + a y + x^2 y, y' = b - a y - x^2 y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"a", "a", "slow step", 0.08}, {"b", "b", "feed", 0.1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        const S r = p[0] * x[1] + x[0] * x[0] * x[1];
        return {-x[0] + r, p[1] - r};
    }
};

/// The spruce budworm of Ludwig, Jones and Holling.
struct budworm {
    static constexpr std::string_view name = "budworm";
    static constexpr std::string_view equation = "x' = r x (1 - x/K) - x^2/(1 + x^2)";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"r", "r", "growth", 0.5}, {"K", "K", "capacity", 10, 0}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 2>& p) const {
        const S q = x[0] * x[0];
        return {p[0] * x[0] * (1.0 - x[0] / p[1]) - q / (1.0 + q)};
    }
};

/// Rosenzweig and MacArthur's predator and prey.
struct rosenzweig {
    static constexpr std::string_view name = "rosenzweig";
    static constexpr std::string_view equation =
        "x' = x (1 - x/K) - x y/(1 + x), y' = x y/(1 + x) - d y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"K", "K", "capacity", 1, 0}, {"d", "d", "death", 0.4}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        const S eaten = x[0] * x[1] / (1.0 + x[0]);
        return {x[0] * (1.0 - x[0] / p[0]) - eaten, eaten - p[1] * x[1]};
    }
};

/// Gray and Scott's reaction in a stirred tank.
struct gray_scott {
    static constexpr std::string_view name = "gray-scott";
    static constexpr std::string_view equation = "u' = -u v^2 + F (1 - u), v' = u v^2 - (F + k) v";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"u", "v"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"F", "F", "flow", 0.02}, {"k", "k", "decay", 0.05}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        const S r = x[0] * x[1] * x[1];
        return {p[0] * (1.0 - x[0]) - r, r - (p[0] + p[1]) * x[1]};
    }
};

/// The normal form of a Bogdanov-Takens point.
struct takens_form {
    static constexpr std::string_view name = "takens-form";
    static constexpr std::string_view equation = "x' = y, y' = b1 + b2 x + x^2 - x y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"b1", "b1", "bias", -0.1}, {"b2", "b2", "slope", -0.5}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        return {x[1] * 1.0, p[0] + p[1] * x[0] + x[0] * x[0] - x[0] * x[1]};
    }
};

/// FitzHugh and Nagumo's neuron with a slope b of its recovery, eps = 0.08, c = 0.8.
struct recovering_neuron {
    static constexpr std::string_view name = "recovering-neuron";
    static constexpr std::string_view equation = "x' = x - x^3/3 - y + I, y' = eps (b x - c y)";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"I", "I", "current", 0}, {"b", "b", "recovery", 1}}};
    static constexpr double eps = 0.08, c = 0.8;

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 2>& p) const {
        return {u[0] - u[0] * u[0] * u[0] / 3.0 - u[1] + p[0], eps * (p[1] * u[0] - c * u[1])};
    }
};

/// Shimizu and Morioka's system.
struct shimizu_morioka {
    static constexpr std::string_view name = "shimizu-morioka";
    static constexpr std::string_view equation =
        "x' = y, y' = x (1 - z) - lambda y, z' = x^2 - alpha z";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"lambda", "lambda", "damping", 1}, {"alpha", "alpha", "decay", 0.4}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 2>& p) const {
        return {x[1] * 1.0, x[0] * (1.0 - x[2]) - p[0] * x[1], x[0] * x[0] - p[1] * x[2]};
    }
};

/// Elowitz and Leibler's repressilator: three genes and their proteins, exponent 2.
struct repressilator {
    static constexpr std::string_view name = "repressilator";
    static constexpr std::string_view equation =
        "m_i' = alpha/(1 + q_(i-1)^2) - m_i, q_i' = m_i - q_i";
    static constexpr std::size_t dimension = 6;
    static constexpr std::array<std::string_view, 6> states{"m1", "m2", "m3", "q1", "q2", "q3"};
    static constexpr std::array<parameter_info, 1> parameters{{{"alpha", "alpha", "rate", 1}}};

    template <typename S>
    vec<S, 6> rhs(const vec<S, 6>& x, const vec<S, 1>& p) const {
        vec<S, 6> out;
        for (std::size_t i = 0; i < 3; ++i) {
            const S& before = x[3 + (i + 2) % 3];
            out[i] = p[0] / (1.0 + before * before) - x[i];
            out[3 + i] = x[i] - x[3 + i];
        }
        return out;
    }
};

/// A pitchfork that turns back.
struct turned_pitchfork {
    static constexpr std::string_view name = "turned-pitchfork";
    static constexpr std::string_view equation = "x' = r x + x^3 - x^5";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"r", "r", "growth", -1}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        const S q = x[0] * x[0];
        return {x[0] * (p[0] + q - q * q)};
    }
};

/// The swallowtail, at c = -1.
struct swallowtail {
    static constexpr std::string_view name = "swallowtail";
    static constexpr std::string_view equation = "x' = a + b x - x^2 + x^4";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"a", "a", "bias", 0}, {"b", "b", "slope", 0}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 2>& p) const {
        const S q = x[0] * x[0];
        return {p[0] + p[1] * x[0] - q + q * q};
    }
};

/// Three kinds that compete in turn, May and Leonard's, alpha = 1.2.
struct may_leonard {
    static constexpr std::string_view name = "may-leonard";
    static constexpr std::string_view equation =
        "x_i' = x_i (1 - x_i - 1.2 x_(i+1) - beta x_(i+2))";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 1> parameters{{{"beta", "beta", "rivalry", 0.3}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 1>& p) const {
        vec<S, 3> out;
        for (std::size_t i = 0; i < 3; ++i)
            out[i] = x[i] * (1.0 - x[i] - 1.2 * x[(i + 1) % 3] - p[0] * x[(i + 2) % 3]);
        return out;
    }
};

/// An epidemic with saturated incidence and treatment. Its curves of folds and Hopf points leave to
/// infinite states.
struct treated_epidemic {
    static constexpr std::string_view name = "treated-epidemic";
    static constexpr std::string_view equation =
        "S' = 0.3 (1 - S) - b S I/(1 + a I), I' = b S I/(1 + a I) - I/2 - 0.4 I/(1 + 2 I)";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"S", "I"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"b", "b", "contacts", 0.5}, {"a", "a", "saturation", 1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        const S caught = p[0] * x[0] * x[1] / (1.0 + p[1] * x[1]);
        return {0.3 - 0.3 * x[0] - caught, caught - 0.5 * x[1] - 0.4 * x[1] / (1.0 + 2.0 * x[1])};
    }
};

/// Ricker's map x <- x exp(r (1 - x)) as a rule of step 1. At r = 0 every x is a fixed point.
struct ricker {
    static constexpr std::string_view name = "ricker";
    static constexpr std::string_view equation = "x' = x exp(r (1 - x)) - x";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"r", "r", "growth", 0.5}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        using std::exp;
        return {x[0] * exp(p[0] * (1.0 - x[0])) - x[0]};
    }
};

/// A fold, and a Hopf point where x = 1, of slow states beside one that is a million times as fast.
struct slow_beside_fast {
    static constexpr std::string_view name = "slow-beside-fast";
    static constexpr std::string_view equation =
        "x' = p - z^2, w' = (x - 1 + i) w - w |w|^2, z' = 10^6 (x - z)";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"x", "u", "v", "z"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "parameter", 1}}};

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& x, const vec<S, 1>& p) const {
        const S growth = x[0] - 1.0 - x[1] * x[1] - x[2] * x[2];
        return {p[0] - x[3] * x[3], growth * x[1] - x[2], x[1] + growth * x[2],
                1e6 * (x[0] - x[3])};
    }
};

/// Holmes's Duffing map (x, y) <- (y, a y - b x - y^3) as a rule of step 1.
struct duffing_map {
    static constexpr std::string_view name = "duffing-map";
    static constexpr std::string_view equation = "x' = y - x, y' = a y - b x - y^3 - y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"a", "a", "stretch", 1}, {"b", "b", "area", 0.2}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 2>& p) const {
        return {x[1] - x[0], p[0] * x[1] - p[1] * x[0] - x[1] * x[1] * x[1] - x[1]};
    }
};

}  // namespace oracle
