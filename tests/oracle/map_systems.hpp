// SPDX-License-Identifier: MIT
// Maps with known bifurcations, as rules of step 1, and their coefficients written out.
#pragma once

#include <cmath>
#include <complex>
#include <moebius/model/model.hpp>
#include <utility>

namespace oracle {

using moebius::parameter_info;
using moebius::vec;

/// (x, y) <- (1 - a x^2 + y, b x). Fixed points fold at a = -(1 - b)^2/4 and flip at 3 (1 - b)^2/4,
/// the orbit of period 2 at (5 - 6 b + 5 b^2)/4. At b = -1 areas are kept.
/// @source M. Henon, Commun. Math. Phys. 50 (1976) 69
struct henon {
    static constexpr std::string_view name = "henon";
    static constexpr std::string_view equation = "x' = 1 - a x^2 + y - x, y' = b x - y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"a", "a", "bend", 0.1}, {"b", "b", "determinant less its sign", 0.3}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& u, const vec<S, 2>& p) const {
        return {1.0 - p[0] * u[0] * u[0] + u[1] - u[0], p[1] * u[0] - u[1]};
    }
};

/// The generalised Henon map (x, y) <- (y, alpha - beta x - y^2 + R x y + S y^3). At a fixed point
/// x = y the Jacobian is (0 1; -d t) with d = beta - R x and t = (R - 2) x + 3 S x^2.
/// @source Gonchenko, Kuznetsov & Meijer, SIAM J. Appl. Dyn. Syst. 4 (2005) 407
struct generalised_henon {
    static constexpr std::string_view name = "generalised-henon";
    static constexpr std::string_view equation =
        "x' = y - x, y' = alpha - beta x - y^2 + R x y + S y^3 - y";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 4> parameters{{{"alpha", "alpha", "shift", 0},
                                                               {"beta", "beta", "area", 1},
                                                               {"R", "R", "mixed", 0},
                                                               {"S", "S", "cubic", 0}}};

    template <typename V>
    vec<V, 2> rhs(const vec<V, 2>& u, const vec<V, 4>& p) const {
        const V &x = u[0], &y = u[1];
        return {y - x, p[0] - p[1] * x - y * y + p[2] * x * y + p[3] * y * y * y - y};
    }

    /// The parameters of which x is a fixed point with this determinant.
    static std::vector<double> at(double x, double d, double R, double S) {
        const double beta = d + R * x;
        return {x + beta * x + x * x - R * x * x - S * x * x * x, beta, R, S};
    }
};

/// g20, g11, g02, g21, g03 of the generalised Henon map at a fixed point with multipliers mu and
/// conj(mu), |mu| = 1: the eigenvectors of (0 1; -1 t) are (1, mu) and (-1/mu, 1).
struct henon_terms {
    using complex = std::complex<double>;
    complex mu, g20, g11, g02, g21, g03;

    henon_terms(double x, double theta, double R, double S) : mu(std::polar(1.0, theta)) {
        const complex bar = std::conj(mu), left = 1.0 / (mu - bar);
        const double length = std::sqrt(2.);  // of (1, mu)
        const auto second = [&](complex u, complex v) {
            return left * ((6 * S * x - 2) * u * v + R * (u + v)) / length;
        };
        const auto third = [&](complex u, complex v, complex w) {
            return left * 6. * S * u * v * w / (length * length);
        };
        g20 = second(mu, mu);
        g11 = second(mu, bar);
        g02 = second(bar, bar);
        g21 = third(mu, mu, bar);
        g03 = third(bar, bar, bar);
    }

    /// @source Kuznetsov (3rd ed.), eq. (4.26)
    [[nodiscard]] double torus() const {
        const complex bar = std::conj(mu);
        return (bar * g21).real() / 2 -
               ((1. - 2. * mu) * bar * bar / (2. * (1. - mu)) * g20 * g11).real() -
               std::norm(g11) / 2 - std::norm(g02) / 4;
    }
    /// c and d of w <- i w + c w |w|^2 + d conj(w)^3.
    /// @source Kuznetsov (3rd ed.), section 9.5.5
    [[nodiscard]] std::pair<complex, complex> quarter() const {
        const complex i(0, 1);
        return {(1. + 3. * i) / 4. * g20 * g11 + (1. - i) / 2. * std::norm(g11) -
                    (1. + i) / 4. * std::norm(g02) + g21 / 2.,
                (i - 1.) / 4. * g11 * g02 - (1. + i) / 4. * g02 * std::conj(g20) + g03 / 6.};
    }
};

}  // namespace oracle
