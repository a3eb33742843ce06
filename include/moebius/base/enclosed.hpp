// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace moebius {

/// A real number that is known to lie in [low, high]; bounds that are not finite say nothing.
struct bounds {
    double low = 0, high = 0;

    [[nodiscard]] bool is_zero() const noexcept { return low == 0 && high == 0; }
    [[nodiscard]] bool is_finite() const noexcept;
    [[nodiscard]] double middle() const noexcept;  ///< a double between them
    [[nodiscard]] bool contains(double value) const noexcept {
        return low <= value && value <= high;
    }
};

// Every result holds all real results for arguments within the bounds.
[[nodiscard]] bounds operator+(bounds a, bounds b);
[[nodiscard]] bounds operator-(bounds a, bounds b);
[[nodiscard]] bounds operator*(bounds a, bounds b);
/// sum a_i b_i of equally many terms.
[[nodiscard]] bounds dot(std::span<const double> a, std::span<const bounds> b);
[[nodiscard]] bounds dot(std::span<const bounds> a, std::span<const bounds> b);

/// A scalar for a model's right-hand side, with which rounding and intervals of arguments are
/// accounted for: sum over k <= 3 of (value_k + t slope_k) s^k, coefficients enclosed. So it
/// carries three derivatives along a line (s), and how each of them changes to first order (t).
///
/// Models whose rhs takes it say so by a member `bool closed_form() const` (model/model.hpp).
/// A double is taken as it is: constants of a model count as the doubles that they are.
/// @accuracy  + - * / and sqrt are rounded outwards by at most one unit in the last place, by the
///            exact error of the nearest double. exp, log, tanh, sin, cos and erf are those of the
///            C library, widened by four units: glibc documents errors of two at most
/// @source    Ogita, Rump & Oishi, SIAM J. Sci. Comput. 26 (2005) 1955 (error-free
///            transformations); Boost.Interval; The GNU C Library manual, "Errors in Math
///            Functions"; docs/theory.md section 8
class enclosed {
public:
    static constexpr std::size_t size = 4;  ///< coefficients

    enclosed(double value = 0) : value_{{{value, value}}} {}  // NOLINT: a number is a constant
    /// A constant of s with its slope by t.
    explicit enclosed(bounds value, bounds slope = {}) : value_{{value}}, slope_{{slope}} {}

    [[nodiscard]] const bounds& value(std::size_t k = 0) const { return value_[k]; }
    [[nodiscard]] const bounds& slope(std::size_t k = 0) const { return slope_[k]; }
    /// The k-th coefficient as a constant of s.
    [[nodiscard]] enclosed coefficient(std::size_t k) const {
        return enclosed(value_[k], slope_[k]);
    }
    /// Makes a constant of s the k-th coefficient.
    void set(std::size_t k, const enclosed& to) {
        value_[k] = to.value_[0];
        slope_[k] = to.slope_[0];
    }

    enclosed& operator+=(const enclosed& other);
    enclosed& operator-=(const enclosed& other);
    enclosed& operator*=(const enclosed& other);
    enclosed& operator/=(const enclosed& other);
    friend enclosed operator-(const enclosed& a) { return enclosed() -= a; }
    friend enclosed operator+(enclosed a, const enclosed& b) { return a += b; }
    friend enclosed operator-(enclosed a, const enclosed& b) { return a -= b; }
    friend enclosed operator*(enclosed a, const enclosed& b) { return a *= b; }
    friend enclosed operator/(enclosed a, const enclosed& b) { return a /= b; }

    // Friends, so that they hide none of the functions of numbers.
    friend enclosed exp(const enclosed& u);
    friend enclosed log(const enclosed& u);   ///< not finite unless u(0) > 0
    friend enclosed sqrt(const enclosed& u);  ///< not finite unless u(0) > 0
    friend enclosed tanh(const enclosed& u);
    friend enclosed sin(const enclosed& u);
    friend enclosed cos(const enclosed& u);
    friend enclosed erf(const enclosed& u);
    friend enclosed pow(const enclosed& u, int exponent);

private:
    std::array<bounds, size> value_{}, slope_{};
};

/// 1/(1 + exp(-u)), however large u is.
[[nodiscard]] enclosed logistic_of(const enclosed& u);

}  // namespace moebius
