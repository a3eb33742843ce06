// SPDX-License-Identifier: MIT
// Models with a circle as a cycle, whose other multipliers are known as two parameters vary.
#pragma once

#include <cmath>
#include <moebius/model/model.hpp>

namespace test_models {

using moebius::parameter_info;
using moebius::vec;

/// Mathieu's equation with damping, u'' + c u' + (d + cos(t) / 2) u = 0 along the circle: the
/// multipliers at c = 0 are a pair on the unit circle between the characteristic values.
struct mathieu_cycle {
    static constexpr std::string_view name = "mathieu-cycle";
    static constexpr std::string_view equation = "u'' + c u' + (d + x/2) u + u^3 = 0, x = cos(t)";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"x", "y", "u", "v"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"c", "c", "", 0.1}, {"d", "d", "", -0.07}}};

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& s, const vec<S, 2>& p) const {
        const S &x = s[0], &y = s[1], &u = s[2], &v = s[3];
        const S r2 = x * x + y * y;
        return {x - y - x * r2, x + y - y * r2, v * 1.0,
                -p[0] * v - (p[1] + 0.5 * x) * u - u * u * u};
    }
};

/// r' = r (fold - (r^2 - 1)^2) / 2 with a twisted band of multipliers -exp(2 pi flip) and
/// -exp(-2 pi) around it, and a plane of multipliers exp(2 pi (torus +- 0.2 i)).
struct folded_band {
    static constexpr std::string_view name = "folded-band";
    static constexpr std::string_view equation = "a circle that folds in a twisted band";
    static constexpr std::size_t dimension = 6;
    static constexpr std::array<std::string_view, 6> states{"x", "y", "u", "v", "a", "b"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"fold", "f", "", 0.1}, {"flip", "mu", "", -0.1}, {"torus", "nu", "", -0.1}}};

    template <typename S>
    vec<S, 6> rhs(const vec<S, 6>& s, const vec<S, 3>& p) const {
        using std::sqrt;
        const S &u = s[2], &v = s[3], &a = s[4], &b = s[5];
        const S r2 = s[0] * s[0] + s[1] * s[1], r = sqrt(r2), x = s[0] / r, y = s[1] / r;
        const S grow = 0.5 * (p[0] - (r2 - 1.0) * (r2 - 1.0));
        const S &mu = p[1], q2 = u * u + v * v, w2 = a * a + b * b;
        return {grow * s[0] - s[1],
                grow * s[1] + s[0],
                (mu - 1.0) / 2.0 * u + (mu + 1.0) / 2.0 * (x * u + y * v) - v / 2.0 - u * q2,
                (mu - 1.0) / 2.0 * v + (mu + 1.0) / 2.0 * (y * u - x * v) + u / 2.0 - v * q2,
                p[2] * a - 0.2 * b - a * w2,
                0.2 * a + p[2] * b - b * w2};
    }
};

/// r' = r (1 + s - r^2), u' = (m - s + x/2) u + h - u^3: the multiplier of u is exp(2 pi (m - s))
/// where h = 0, and the circle branches at m = s.
struct branching_circle {
    static constexpr std::string_view name = "branching-circle";
    static constexpr std::string_view equation = "a circle in a plane, and u -> -u at h = 0";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "u"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"m", "m", "", -0.1}, {"s", "s", "", 0}, {"h", "h", "", 0}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 3>& p) const {
        const S &x = s[0], &y = s[1], &u = s[2];
        const S grow = 1.0 + p[1] - x * x - y * y;
        return {grow * x - y, grow * y + x, (p[0] - p[1] + 0.5 * x) * u + p[2] - u * u * u};
    }
};

/// x' = y, y' = x - x^2 + (a - b^2 + y^2/2 - x^2/2 + x^3/3) y: the cycles are level sets of
/// E = y^2/2 - x^2/2 + x^3/3 = b^2 - a, and a loop through the saddle 0 at a = b^2.
struct level_loops {
    static constexpr std::string_view name = "level-loops";
    static constexpr std::string_view equation = "x' = y, y' = x - x^2 + (a - b^2 + E(x, y)) y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"a", "a", "", 0.2}, {"b", "b", "", 0}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& s, const vec<S, 2>& p) const {
        const S &x = s[0], &y = s[1];
        const S energy = 0.5 * (y * y - x * x) + x * x * x / 3.0;
        return {y * 1.0, x - x * x + (p[0] - p[1] * p[1] + energy) * y};
    }
};

/// x' = s (y - x), y' = r x - y - x z, z' = x y - 8/3 z.
struct lorenz_wings {
    static constexpr std::string_view name = "lorenz-wings";
    static constexpr std::string_view equation = "Lorenz, J. Atmos. Sci. 20 (1963) 130";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"r", "r", "", 20}, {"s", "s", "", 10}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 2>& p) const {
        return {p[1] * (x[1] - x[0]), p[0] * x[0] - x[1] - x[0] * x[2],
                x[0] * x[1] - 8.0 / 3.0 * x[2]};
    }
    double state_scale(const vec<double, 2>&) const { return 20; }
};

/// x''' + alpha x'' + beta x' + x = x^2 (Genesio and Tesi; MatCont's adaptx).
struct genesio_tesi {
    static constexpr std::string_view name = "genesio-tesi";
    static constexpr std::string_view equation = "x''' + alpha x'' + beta x' + x = x^2";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"alpha", "alpha", "", 1}, {"beta", "beta", "", 1}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& x, const vec<S, 2>& p) const {
        return {x[1] * 1.0, x[2] * 1.0, -p[0] * x[2] - p[1] * x[1] - x[0] + x[0] * x[0]};
    }
};

}  // namespace test_models
