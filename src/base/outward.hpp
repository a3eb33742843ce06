// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace moebius::detail {

/// Rounding for Boost.Interval that needs no rounding mode, so no compiler flag either: compilers
/// move and fold arithmetic across a change of the mode (clang 14 does in spite of
/// -frounding-math). The exact error of the nearest double says on which side the true result lies.
///
/// An overflow leaves the largest double as the bound on its own side.
/// @source  Ogita, Rump & Oishi, SIAM J. Sci. Comput. 26 (2005) 1955, algorithms 3.1 and 3.3
struct outward {
    using unprotected_rounding = outward;

    static double conv_down(double v) { return v; }
    static double conv_up(double v) { return v; }
    static double add_down(double x, double y) { return down(x + y, sum_error(x, y)); }
    static double add_up(double x, double y) { return up(x + y, sum_error(x, y)); }
    static double sub_down(double x, double y) { return add_down(x, -y); }
    static double sub_up(double x, double y) { return add_up(x, -y); }
    static double mul_down(double x, double y) { return down(x * y, product_error(x, y)); }
    static double mul_up(double x, double y) { return up(x * y, product_error(x, y)); }
    static double div_down(double x, double y) { return down(x / y, quotient_error(x, y)); }
    static double div_up(double x, double y) { return up(x / y, quotient_error(x, y)); }
    static double sqrt_down(double x) { return down(std::sqrt(x), root_error(x)); }
    static double sqrt_up(double x) { return up(std::sqrt(x), root_error(x)); }
    static double median(double x, double y) { return x / 2 + y / 2; }
    static double int_down(double x) { return std::floor(x); }
    static double int_up(double x) { return std::ceil(x); }

    static double exp_down(double x) { return std::max(0.0, lowered(std::exp(x))); }
    static double exp_up(double x) { return raised(std::max(std::exp(x), least)); }
    static double log_down(double x) { return lowered(std::log(x)); }
    static double log_up(double x) { return raised(std::log(x)); }
    static double sin_down(double x) { return lowered(std::sin(x)); }
    static double sin_up(double x) { return raised(std::sin(x)); }
    static double cos_down(double x) { return lowered(std::cos(x)); }
    static double cos_up(double x) { return raised(std::cos(x)); }
    static double tanh_down(double x) { return std::max(-1.0, lowered(std::tanh(x))); }
    static double tanh_up(double x) { return std::min(1.0, raised(std::tanh(x))); }
    static double erf_down(double x) { return std::max(-1.0, lowered(std::erf(x))); }
    static double erf_up(double x) { return std::min(1.0, raised(std::erf(x))); }

private:
    static constexpr double infinite = std::numeric_limits<double>::infinity();
    static constexpr double largest = std::numeric_limits<double>::max();
    static constexpr double least = std::numeric_limits<double>::denorm_min();
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    static constexpr double inexact_below = 0x1p-960;   // where errors may underflow
    static constexpr double inexact_above = 0x1p+1000;  // where parts of them may overflow

    /// The double next to a finite one; zero has neighbours of either sign.
    static double neighbour(double x, bool above) {
        if (x == 0) return above ? least : -least;
        const auto bits = std::bit_cast<std::uint64_t>(x);
        return std::bit_cast<double>((x > 0) == above ? bits + 1 : bits - 1);
    }

    /// @param error  the exact result less the nearest double; NaN if that is not known
    static double down(double nearest, double error) {
        if (nearest == infinite) return largest;
        return !(error >= 0) && std::isfinite(nearest) ? neighbour(nearest, false) : nearest;
    }
    static double up(double nearest, double error) {
        if (nearest == -infinite) return -largest;
        return !(error <= 0) && std::isfinite(nearest) ? neighbour(nearest, true) : nearest;
    }

    static double sum_error(double x, double y) {
        const double sum = x + y, part = sum - x;
        if (std::abs(sum) > inexact_above) return unknown;
        return (x - (sum - part)) + (y - part);
    }
    static double product_error(double x, double y) {
        const double product = x * y, size = std::abs(product);
        if (x == 0 || y == 0) return 0;
        return size < inexact_below ? unknown : std::fma(x, y, -product);
    }
    static double quotient_error(double x, double y) {
        const double quotient = x / y;
        if (x == 0) return 0;
        if (std::abs(x) < inexact_below || std::abs(quotient) < inexact_below) return unknown;
        const double rest = std::fma(-quotient, y, x);
        return y > 0 ? rest : -rest;
    }
    static double root_error(double x) {
        const double root = std::sqrt(x);
        if (x == 0) return 0;
        return x < inexact_below ? unknown : std::fma(-root, root, x);
    }

    /// By four units in the last place; zero is exact in the functions above, but for exp.
    static double widening(double y) { return std::abs(y) * 0x1.0001p-50 + 8 * least; }
    static double lowered(double y) {
        if (y == infinite) return largest;
        return y == 0 ? y : y - widening(y);
    }
    static double raised(double y) {
        if (y == -infinite) return -largest;
        return y == 0 ? y : y + widening(y);
    }
};

}  // namespace moebius::detail
