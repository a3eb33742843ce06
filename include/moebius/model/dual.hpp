// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

namespace moebius {

/// A value and its slopes in `width` directions at once: what Newton's method asks of a model.
///
/// Takes the operators and functions that Boost's autodiff has, with integers and doubles mixed in.
/// The value of each is that of the same expression over double; comparisons are those of values.
class dual {
public:
    static constexpr std::size_t width = 4;  ///< directions of one evaluation

    dual(double value = 0) : value_(value) {}  // NOLINT: a number is a constant

    /// A variable: slope 1 in one direction. @param direction  below `width`
    [[nodiscard]] static dual along(double value, std::size_t direction) {
        dual x(value);
        x.slopes_[direction] = 1;
        return x;
    }

    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] double slope(std::size_t direction) const { return slopes_[direction]; }
    [[nodiscard]] bool constant() const { return slopes_ == std::array<double, width>{}; }
    explicit operator double() const { return value_; }

    /// g(x) for a function known by its value and slope at x.
    [[nodiscard]] dual through(double g, double slope) const {
        dual y(g);
        for (std::size_t i = 0; i < width; ++i) y.slopes_[i] = slope * slopes_[i];
        return y;
    }

    /// The same for a function of two numbers.
    [[nodiscard]] static dual through(const dual& a, double by_a, const dual& b, double by_b,
                                      double g) {
        dual y(g);
        for (std::size_t i = 0; i < width; ++i)
            y.slopes_[i] = by_a * a.slopes_[i] + by_b * b.slopes_[i];
        return y;
    }

    dual& operator+=(const dual& b) { return *this = *this + b; }
    dual& operator-=(const dual& b) { return *this = *this - b; }
    dual& operator*=(const dual& b) { return *this = *this * b; }
    dual& operator/=(const dual& b) { return *this = *this / b; }
    dual& operator+=(double b) { return *this = *this + b; }
    dual& operator-=(double b) { return *this = *this - b; }
    dual& operator*=(double b) { return *this = *this * b; }
    dual& operator/=(double b) { return *this = *this / b; }

    friend dual operator+(const dual& a) { return a; }
    friend dual operator-(const dual& a) { return a.through(-a.value_, -1); }
    friend dual operator+(const dual& a, const dual& b) {
        dual y(a.value_ + b.value_);
        for (std::size_t i = 0; i < width; ++i) y.slopes_[i] = a.slopes_[i] + b.slopes_[i];
        return y;
    }
    friend dual operator-(const dual& a, const dual& b) {
        dual y(a.value_ - b.value_);
        for (std::size_t i = 0; i < width; ++i) y.slopes_[i] = a.slopes_[i] - b.slopes_[i];
        return y;
    }
    friend dual operator*(const dual& a, const dual& b) {
        return through(a, b.value_, b, a.value_, a.value_ * b.value_);
    }
    friend dual operator/(const dual& a, const dual& b) {
        const double quotient = a.value_ / b.value_;
        return through(a, 1 / b.value_, b, -quotient / b.value_, quotient);
    }

    friend dual operator+(dual a, double b) { return a.value_ += b, a; }
    friend dual operator+(double a, dual b) { return b.value_ = a + b.value_, b; }
    friend dual operator-(dual a, double b) { return a.value_ -= b, a; }
    friend dual operator-(double a, const dual& b) { return b.through(a - b.value_, -1); }
    friend dual operator*(const dual& a, double b) { return a.through(a.value_ * b, b); }
    friend dual operator*(double a, const dual& b) { return b.through(a * b.value_, a); }
    friend dual operator/(const dual& a, double b) { return a.through(a.value_ / b, 1 / b); }
    friend dual operator/(double a, const dual& b) {
        return b.through(a / b.value_, -a / b.value_ / b.value_);
    }

    friend bool operator==(const dual& a, const dual& b) { return a.value_ == b.value_; }
    friend auto operator<=>(const dual& a, const dual& b) { return a.value_ <=> b.value_; }
    friend bool operator==(const dual& a, double b) { return a.value_ == b; }
    friend auto operator<=>(const dual& a, double b) { return a.value_ <=> b; }

private:
    double value_;
    std::array<double, width> slopes_{};
};

[[nodiscard]] inline dual abs(const dual& x) {
    const double v = x.value();  // at 0 the slope is 0, as Boost has it
    return x.through(std::abs(v), v > 0 ? 1 : v < 0 ? -1 : 0);
}
[[nodiscard]] inline dual fabs(const dual& x) { return abs(x); }
[[nodiscard]] inline dual ceil(const dual& x) { return std::ceil(x.value()); }
[[nodiscard]] inline dual floor(const dual& x) { return std::floor(x.value()); }
[[nodiscard]] inline dual round(const dual& x) { return std::round(x.value()); }
[[nodiscard]] inline dual trunc(const dual& x) { return std::trunc(x.value()); }
[[nodiscard]] inline dual fmod(const dual& x, const dual& y) {
    return dual::through(x, 1, y, -std::trunc(x.value() / y.value()),
                         std::fmod(x.value(), y.value()));
}
[[nodiscard]] inline dual ldexp(const dual& x, int e) {
    return x.through(std::ldexp(x.value(), e), std::ldexp(1.0, e));
}
[[nodiscard]] inline dual frexp(const dual& x, int* e) {
    const double v = std::frexp(x.value(), e);
    return x.through(v, std::ldexp(1.0, -*e));
}

[[nodiscard]] inline dual sqrt(const dual& x) {
    const double y = std::sqrt(x.value());
    return x.through(y, 0.5 / y);
}
[[nodiscard]] inline dual exp(const dual& x) {
    const double y = std::exp(x.value());
    return x.through(y, y);
}
[[nodiscard]] inline dual log(const dual& x) {
    return x.through(std::log(x.value()), 1 / x.value());
}
[[nodiscard]] inline dual pow(const dual& x, double y) {
    // x^0 is 1 with slope 0 at x = 0, too
    const double slope = y == 0 ? 0 : y * std::pow(x.value(), y - 1);
    return x.through(std::pow(x.value(), y), slope);
}
[[nodiscard]] inline dual pow(double x, const dual& y) {
    const double power = std::pow(x, y.value());
    return y.through(power, power == 0 ? 0 : power * std::log(x));
}
[[nodiscard]] inline dual pow(const dual& x, const dual& y) {
    if (y.constant()) return pow(x, y.value());  // then x may be negative
    const double power = std::pow(x.value(), y.value());
    return dual::through(x, y.value() * std::pow(x.value(), y.value() - 1), y,
                         power == 0 ? 0 : power * std::log(x.value()), power);
}

[[nodiscard]] inline dual sin(const dual& x) {
    return x.through(std::sin(x.value()), std::cos(x.value()));
}
[[nodiscard]] inline dual cos(const dual& x) {
    return x.through(std::cos(x.value()), -std::sin(x.value()));
}
[[nodiscard]] inline dual tan(const dual& x) {
    const double y = std::tan(x.value());
    return x.through(y, 1 + y * y);
}
[[nodiscard]] inline dual asin(const dual& x) {
    return x.through(std::asin(x.value()), 1 / std::sqrt((1 - x.value()) * (1 + x.value())));
}
[[nodiscard]] inline dual acos(const dual& x) {
    return x.through(std::acos(x.value()), -1 / std::sqrt((1 - x.value()) * (1 + x.value())));
}
[[nodiscard]] inline dual atan(const dual& x) {
    return x.through(std::atan(x.value()), 1 / (1 + x.value() * x.value()));
}
[[nodiscard]] inline dual atan2(const dual& y, const dual& x) {
    const double square = x.value() * x.value() + y.value() * y.value();
    return dual::through(y, x.value() / square, x, -y.value() / square,
                         std::atan2(y.value(), x.value()));
}

[[nodiscard]] inline dual sinh(const dual& x) {
    return x.through(std::sinh(x.value()), std::cosh(x.value()));
}
[[nodiscard]] inline dual cosh(const dual& x) {
    return x.through(std::cosh(x.value()), std::sinh(x.value()));
}
[[nodiscard]] inline dual tanh(const dual& x) {
    const double y = std::tanh(x.value());
    return x.through(y, (1 - y) * (1 + y));
}
[[nodiscard]] inline dual asinh(const dual& x) {
    return x.through(std::asinh(x.value()), 1 / std::hypot(1, x.value()));
}
[[nodiscard]] inline dual acosh(const dual& x) {
    return x.through(std::acosh(x.value()),
                     1 / (std::sqrt(x.value() - 1) * std::sqrt(x.value() + 1)));
}
[[nodiscard]] inline dual atanh(const dual& x) {
    return x.through(std::atanh(x.value()), 1 / ((1 - x.value()) * (1 + x.value())));
}

[[nodiscard]] inline dual erf(const dual& x) {
    const double slope = 2 * std::numbers::inv_sqrtpi * std::exp(-x.value() * x.value());
    return x.through(std::erf(x.value()), slope);
}
[[nodiscard]] inline dual erfc(const dual& x) {
    const double slope = 2 * std::numbers::inv_sqrtpi * std::exp(-x.value() * x.value());
    return x.through(std::erfc(x.value()), -slope);
}

[[nodiscard]] dual lgamma(const dual& x);
[[nodiscard]] dual tgamma(const dual& x);
[[nodiscard]] dual digamma(const dual& x);
[[nodiscard]] dual lambert_w0(const dual& x);
[[nodiscard]] dual sinc(const dual& x);

}  // namespace moebius

/// What limits a number limits its dual, as with Boost's types.
template <>
class std::numeric_limits<moebius::dual> : public std::numeric_limits<double> {};
