// SPDX-License-Identifier: MIT
// Systems whose homoclinic orbits others have computed.
#pragma once

#include <array>
#include <moebius/model/model.hpp>
#include <string_view>

namespace test_models {

using namespace moebius;

/// The normal form of a Bogdanov-Takens point at m = n = 0 with a = b = 1.
struct bogdanov_takens {
    static constexpr std::string_view name = "bogdanov-takens";
    static constexpr std::string_view equation = "x' = y, y' = m + n y + x^2 + x y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"m", "m", "", -0.1}, {"n", "n", "", 0.1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& s, const vec<S, 2>& p) const {
        const S &x = s[0], &y = s[1];
        return {y * 1.0, p[0] + p[1] * y + x * x + x * y};
    }
};

/// Koper's extension of van der Pol's equation (AUTO-07p, demo kpr).
struct koper {
    static constexpr std::string_view name = "koper";
    static constexpr std::string_view equation = "Koper, Physica D 80 (1995) 72";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"lambda", "lambda", "", 0}, {"k", "k", "", 0.15}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 2>& p) const {
        const S &x = s[0], &y = s[1], &z = s[2];
        return {10.0 * (p[1] * y - x * x * x + 3.0 * x - p[0]), x - 2.0 * y + z, y - z};
    }
};

/// A predator and its prey with immigration (AUTO-07p, demo mtn).
struct immigration {
    static constexpr std::string_view name = "immigration";
    static constexpr std::string_view equation = "AUTO-07p's manual, equation (22.1)";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"X", "Y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"K", "K", "", 6}, {"Z", "Z", "", 0.0673}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& s, const vec<S, 2>& p) const {
        const S &x = s[0], &y = s[1], eaten = 0.4 * x * y / (0.6 + x);
        return {0.5 * x * (1.0 - x / p[0]) - eaten + 0.01 * p[0],
                0.6 * eaten - 0.15 * y - p[1] * y * y / (0.25 + y * y)};
    }
};

/// The electronic circuit of Freire and others (AUTO-07p, demo cir).
struct freire_circuit {
    static constexpr std::string_view name = "freire-circuit";
    static constexpr std::string_view equation = "Freire et al., Physica D 62 (1993) 230";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"nu", "nu", "", -0.72}, {"be", "beta", "", 0.65}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 2>& p) const {
        const S &x = s[0], &y = s[1];
        const S apart = y - x, bent = 0.933578 * apart * apart * apart;
        return {(p[1] * apart - p[0] * x - 0.328578 * x * x * x + bent) / 0.6,
                p[1] * (x - y) - s[2] - bent, y * 1.0};
    }
};

}  // namespace test_models
