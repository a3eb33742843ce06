// SPDX-License-Identifier: MIT
// The systems of AUTO-07p's demos, written anew from its manual: equations, parameters and where
// they start. auto07p/demos.f90 has the same for AUTO.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/model/model.hpp>
#include <numbers>
#include <string_view>

namespace moebius::demos {

/// What the systems share: states u1, u2, ...
template <std::size_t states_count>
struct demo {
    static constexpr std::string_view equation = "a demo of AUTO-07p";
    static constexpr std::size_t dimension = states_count;
    static constexpr std::array<std::string_view, states_count> states = [] {
        constexpr std::array<std::string_view, 3> all{"u1", "u2", "u3"};
        std::array<std::string_view, states_count> first;
        std::copy_n(all.begin(), states_count, first.begin());
        return first;
    }();
};

constexpr parameter_info with(std::string_view name, double value) {
    return {name, name, "", value};
}

/// The reaction A -> B.
struct ab : demo<2> {
    static constexpr std::string_view name = "ab";
    static constexpr std::array parameters{with("D", 0), with("B", 14), with("beta", 3)};
    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 3>& p) const {
        using std::exp;
        const S rate = p[0] * (1.0 - u[0]) * exp(u[1]);
        return {-u[0] + rate, -u[1] + p[1] * rate - p[2] * u[1]};
    }
};

/// The reactions A -> B -> C.
struct abc : demo<3> {
    static constexpr std::string_view name = "abc";
    static constexpr std::array parameters{with("D", 0), with("alpha", 1), with("beta", 1.55),
                                           with("B", 8), with("s", 0.04)};
    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 5>& p) const {
        using std::exp;
        const S e = exp(u[2]), c = 1.0 - u[0];
        return {-u[0] + p[0] * c * e, -u[1] + p[0] * e * (c - p[4] * u[1]),
                -u[2] - p[2] * u[2] + p[0] * p[3] * e * (c + p[1] * p[4] * u[1])};
    }
};

/// Two cells of an enzyme that its substrate hinders.
struct enz : demo<2> {
    static constexpr std::string_view name = "enz";
    static constexpr std::array parameters{with("s0", 0), with("mu", 0), with("rho", 100),
                                           with("kappa", 1)};
    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 4>& p) const {
        const auto rate = [&p](const S& s) { return p[2] * s / (1.0 + s + p[3] * s * s); };
        return {p[0] - u[0] + (u[1] - u[0]) - rate(u[0]),
                p[0] + p[1] - u[1] + (u[0] - u[1]) - rate(u[1])};
    }
};

/// FitzHugh and Nagumo's.
struct fhn : demo<2> {
    static constexpr std::string_view name = "fhn";
    static constexpr std::array parameters{with("a", 0), with("b", 0.8), with("c", 3)};
    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 3>& p) const {
        return {p[2] * (u[0] - u[0] * u[0] * u[0] / 3.0 + u[1]),
                -(u[0] - p[0] + p[1] * u[1]) / p[2]};
    }
};

/// Lorenz's.
struct lrz : demo<3> {
    static constexpr std::string_view name = "lrz";
    static constexpr std::array parameters{with("rho", 0), with("beta", 8.0 / 3),
                                           with("sigma", 10)};
    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 3>& p) const {
        return {p[2] * (u[1] - u[0]), p[0] * u[0] - u[1] - u[0] * u[2], u[0] * u[1] - p[1] * u[2]};
    }
    static double state_scale(const vec<double, 3>&) { return 10; }
};

/// An electronic oscillator with tori.
struct tor : demo<3> {
    static constexpr std::string_view name = "tor";
    static constexpr std::array parameters{with("nu", -0.9),     with("beta", 0.5),
                                           with("gamma", -0.6),  with("r", 0.6),
                                           with("a3", 0.328578), with("b3", 0.933578)};
    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 6>& p) const {
        const S apart = u[1] - u[0], cube = p[5] * apart * apart * apart;
        return {(-(p[1] + p[0]) * u[0] + p[1] * u[1] - p[4] * u[0] * u[0] * u[0] + cube) / p[3],
                p[1] * u[0] - (p[1] + p[2]) * u[1] - u[2] - cube, u[1]};
    }
};

/// One cell of an enzyme with two substrates.
struct plp : demo<2> {
    static constexpr std::string_view name = "plp";
    static constexpr std::array parameters{with("s0", 110), with("a0", 500), with("alpha", 0.2),
                                           with("rho", 2.021628), with("kappa", 0.1)};
    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 5>& p) const {
        const S rate = p[3] * u[0] * u[1] / (1.0 + u[0] + p[4] * u[0] * u[0]);
        return {p[0] - u[0] - rate, p[2] * (p[1] - u[1]) - rate};
    }
    static double state_scale(const vec<double, 5>&) { return 50; }
};

/// Prey, predators and a harvest.
struct pp2 : demo<2> {
    static constexpr std::string_view name = "pp2";
    static constexpr std::array parameters{with("p1", 0), with("p2", 3), with("p3", 5),
                                           with("p4", 3)};
    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 4>& p) const {
        using std::exp;
        return {p[1] * u[0] * (1.0 - u[0]) - u[0] * u[1] - p[0] * (1.0 - exp(-p[2] * u[0])),
                -u[1] + p[3] * u[0] * u[1]};
    }
};

/// A chain of three, harvested.
struct pp3 : demo<3> {
    static constexpr std::string_view name = "pp3";
    static constexpr std::array parameters{with("p1", 0),   with("p2", 0.25), with("p3", 0.5),
                                           with("p4", 4.0), with("p5", 3),    with("p6", 5)};
    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 6>& p) const {
        using std::exp;
        return {u[0] * (1.0 - u[0]) - p[3] * u[0] * u[1],
                -p[1] * u[1] + p[3] * u[0] * u[1] - p[4] * u[1] * u[2] -
                    p[0] * (1.0 - exp(-p[5] * u[1])),
                -p[2] * u[2] + p[4] * u[1] * u[2]};
    }
};

/// Chua's circuit with a smooth diode.
struct chu : demo<3> {
    static constexpr std::string_view name = "chu";
    static constexpr std::array parameters{with("alpha", -1), with("beta", 14.3), with("kappa", 10),
                                           with("a0", -1.0 / 7), with("a1", 2.0 / 7)};
    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 5>& p) const {
        const auto bent = [&p](const S& x) {
            using std::atan;
            return 2.0 * x * atan(p[2] * x) / std::numbers::pi;
        };
        const S diode = p[4] * u[0] + 0.5 * (p[3] - p[4]) * (bent(u[0] + 1.0) - bent(u[0] - 1.0));
        return {p[0] * (u[1] - diode), u[0] - u[1] + u[2], -p[1] * u[1]};
    }
};

/// Two circles that meet, as cycles: the normal form of a branch point of them.
struct lcbp : demo<2> {
    static constexpr std::string_view name = "lcbp";
    static constexpr std::array parameters{with("p1", 1), with("p2", 2), with("p3", 0)};
    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 3>& p) const {
        using std::sqrt;
        const S square = u[0] * u[0] + u[1] * u[1];
        const S g = square - (p[0] + p[1]) * sqrt(square) + p[0] * p[1] + p[2];
        constexpr double turn = 2 * std::numbers::pi;
        return {-u[0] * g - turn * u[1], -u[1] * g + turn * u[0]};
    }
};

/// Two coupled pendula that go round: c and s are the cosine and sine of the first angle, d is how
/// far the second one is ahead, so that AUTO's rotations u(T) = u(0) + 2 pi are closed. c^2 + s^2
/// returns to 1.
struct pen {
    static constexpr std::string_view name = "pen";
    static constexpr std::string_view equation = "a demo of AUTO-07p";
    static constexpr std::size_t dimension = 5;
    static constexpr std::array<std::string_view, 5> states{"c", "s", "d", "w1", "w2"};
    static constexpr std::array parameters{with("I", 0.4), with("gamma", 0.175), with("eps", 0.1)};
    template <typename S>
    vec<S, 5> rhs(const vec<S, 5>& u, const vec<S, 3>& p) const {
        using std::cos, std::sin;
        const S inwards = 1.0 - u[0] * u[0] - u[1] * u[1];
        return {-u[1] * u[3] + u[0] * inwards, u[0] * u[3] + u[1] * inwards, u[4] - u[3],
                -p[2] * u[3] - u[1] + p[0] + p[1] * u[2],
                -p[2] * u[4] - u[1] * cos(u[2]) - u[0] * sin(u[2]) + p[0] - p[1] * u[2]};
    }
};

/// Maps, as what they add to a state.
struct hen : demo<2> {
    static constexpr std::string_view name = "hen";
    static constexpr std::array parameters{with("alpha", 2), with("beta", 0)};
    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 2>& p) const {
        return {u[1] - u[0], p[0] - p[1] * u[0] - u[1] * u[1] - u[1]};
    }
};

struct logistic : demo<1> {
    static constexpr std::string_view name = "log";
    static constexpr std::array parameters{with("mu", 0)};
    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& u, const vec<S, 1>& p) const {
        return {p[0] * u[0] * (1.0 - u[0]) - u[0]};
    }
};

struct dd2 : demo<2> {
    static constexpr std::string_view name = "dd2";
    static constexpr std::array parameters{with("p1", 0), with("p2", 0.2), with("p3", 0.1)};
    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 3>& p) const {
        return {p[0] * u[0] * (1.0 - u[0]) - p[1] * u[0] * u[1] - u[0],
                -p[2] * u[1] + p[1] * u[0] * u[1]};
    }
};

}  // namespace moebius::demos
