// SPDX-License-Identifier: MIT
// The equations of two_expert.hpp without what derives them, so that kernels compile quickly: rhs
// over S needs load_gap(noise_law, S), found beside S or in load_gap.hpp.
#pragma once

#include <cmath>
#include <moebius/base/host_device.hpp>
#include <moebius/model/field.hpp>
#include <moebius/model/shapes.hpp>
#include <moebius/router/noise.hpp>

namespace moebius::models {

/// What both two-expert models share: x = s1 - s2 relaxes at rate `decay`, is fed by the load gap
/// m(x) in [-1, 1], and is pushed by `bias`: x' = -decay x + feedback m(x) + bias.
///
/// @source docs/theory.md section 1: the difference of the two scores' mean-field equations
struct gap_feedback {
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 4> parameters{{
        {"feedback", "κ", "score gained per unit of load", 1},
        {"decay", "λ", "rate at which every score forgets", 1, 0},
        {"beta", "β", "inverse temperature of the routing", 1, 0},
        {"bias", "h", "external asymmetry in the drift of x", 0},
    }};
    enum parameter : std::size_t { feedback, decay, beta, bias };

    /// The drift for a gap m at x. The sum of the drives comes first: near an equilibrium in single
    /// precision the rounding of the difference is then that of x alone.
    template <typename S>
    MOEBIUS_HOST_DEVICE static vec<S, 1> drift(const vec<S, 1>& x, const vec<S, 4>& p, const S& m) {
        return {p[feedback] * m + p[bias] - p[decay] * x[0]};
    }

    /// The drift's first derivatives from those of m with respect to x and beta.
    static first_order<1, 4> drift_linear(const vec<double, 1>& x, const vec<double, 4>& p,
                                          double m, double m_x, double m_beta) {
        return {
            drift(x, p, m), {p[feedback] * m_x - p[decay]}, {m, -x[0], p[feedback] * m_beta, 1.0}};
    }

    /// Shares of the two experts for a gap m.
    static vec<double, 2> shares(double m) { return {(1 + m) / 2, (1 - m) / 2}; }

    /// Scores matter through beta x only.
    static double state_scale(const vec<double, 4>& p) { return 1 / p[beta]; }

    /// Since |m| <= 1.
    static std::pair<double, double> state_bounds(const vec<double, 4>& p) {
        const double reach = std::abs(p[feedback]);
        return {(p[bias] - reach) / p[decay], (p[bias] + reach) / p[decay]};
    }
};

/// Two experts without tokens: m(x) = tanh(beta x / 2), a softmax over two scores.
///
/// Dimensionless: mu = feedback beta / (2 decay), eta = bias beta / (2 decay). Supercritical
/// pitchfork at mu = 1, eta = 0; folds along mu = cosh^2 y, eta = y - sinh(2y)/2, y = beta x / 2.
/// @source O. M. Kiselev, arXiv 2605.29121; include/moebius/exact/two_expert.hpp has the closed
///         forms
struct two_expert : gap_feedback {
    static constexpr std::string_view name = "two-expert";
    static constexpr std::string_view equation = "x' = -decay x + feedback tanh(beta x / 2) + bias";

    template <typename S>
    MOEBIUS_HOST_DEVICE vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 4>& p) const {
        return drift(x, p, load_gap(noise_law::gumbel, p[beta] * x[0]));
    }
    static constexpr bool closed_form() { return true; }

    first_order<1, 4> linear(const vec<double, 1>& x, const vec<double, 4>& p) const {
        const double m = gap(noise_law::gumbel, p[beta] * x[0]);
        const double slope = (1 - m) * (1 + m) / 2;  // d tanh(z/2)/dz
        return drift_linear(x, p, m, slope * p[beta], slope * x[0]);
    }

    vec<double, 2> loads(const vec<double, 1>& x, const vec<double, 4>& p) const {
        return shares(gap(noise_law::gumbel, p[beta] * x[0]));
    }
};

}  // namespace moebius::models
