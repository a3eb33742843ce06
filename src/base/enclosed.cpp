// SPDX-License-Identifier: MIT
#include <boost/numeric/interval/arith.hpp>
#include <boost/numeric/interval/arith2.hpp>
#include <boost/numeric/interval/checking.hpp>
#include <boost/numeric/interval/interval.hpp>
#include <boost/numeric/interval/policies.hpp>
#include <boost/numeric/interval/transc.hpp>
#include <boost/numeric/interval/utility.hpp>
#include <cmath>
#include <moebius/base/enclosed.hpp>
#include <utility>

#include "outward.hpp"

namespace moebius {
namespace {

namespace lib = boost::numeric::interval_lib;
using interval =
    boost::numeric::interval<double, lib::policies<detail::outward, lib::checking_base<double>>>;

interval of(bounds b) { return {b.low, b.high}; }
bounds of(const interval& v) { return {v.lower(), v.upper()}; }
bool is_zero(const interval& v) { return v.lower() == 0 && v.upper() == 0; }

interval erf(const interval& v) {
    return {detail::outward::erf_down(v.lower()), detail::outward::erf_up(v.upper())};
}

/// A value and its slope by t.
struct dual {
    interval v, d;

    dual(double value = 0) : v(value), d(0.0) {}  // NOLINT: a number is a constant
    dual(const interval& value, const interval& slope) : v(value), d(slope) {}

    [[nodiscard]] bool vanishes() const { return is_zero(v) && is_zero(d); }
    dual& operator+=(const dual& b) {
        v += b.v;
        d += b.d;
        return *this;
    }
    dual& operator-=(const dual& b) {
        v -= b.v;
        d -= b.d;
        return *this;
    }
    friend dual operator*(const dual& a, const dual& b) {
        return {a.v * b.v, a.v * b.d + a.d * b.v};
    }
    friend dual operator/(const dual& a, const dual& b) {
        const interval quotient = a.v / b.v;
        return {quotient, (a.d - quotient * b.d) / b.v};
    }
};

using series = std::array<dual, enclosed::size>;
constexpr std::size_t size = enclosed::size;

series parts(const enclosed& a) {
    series c;
    for (std::size_t k = 0; k < size; ++k) c[k] = {of(a.value(k)), of(a.slope(k))};
    return c;
}

enclosed whole(const series& c) {
    enclosed a;
    for (std::size_t k = 0; k < size; ++k) a.set(k, enclosed(of(c[k].v), of(c[k].d)));
    return a;
}

/// sum over j from `first` to k of a_j b_(k - j)
dual convolved(const series& a, const series& b, std::size_t k, std::size_t first = 0) {
    dual sum;
    for (std::size_t j = first; j <= k; ++j)
        if (!a[j].vanishes() && !b[k - j].vanishes()) sum += a[j] * b[k - j];
    return sum;
}

/// y with y_0 given and y' = u' w, where w is known to order k - 1 when y_k is asked for:
/// k y_k = sum over j from 1 to k of j u_j w_(k - j).
template <typename Slope>
series integrated(const dual& first, series u, const Slope& slope) {
    series y{first};
    for (std::size_t j = 1; j < size; ++j) u[j] = static_cast<double>(j) * u[j];
    for (std::size_t k = 1; k < size; ++k)
        y[k] = convolved(u, slope(y, k), k, 1) / static_cast<double>(k);
    return y;
}

series exponential(const series& u) {
    const interval e = exp(u[0].v);
    return integrated({e, e * u[0].d}, u, [](const series& y, std::size_t) { return y; });
}

/// Both at once: each is the other's derivative.
std::pair<series, series> sine_and_cosine(series u) {
    const interval s = sin(u[0].v), c = cos(u[0].v);
    series sine{dual(s, c * u[0].d)}, cosine{dual(c, -s * u[0].d)};
    for (std::size_t j = 1; j < size; ++j) u[j] = static_cast<double>(j) * u[j];
    for (std::size_t k = 1; k < size; ++k) {
        sine[k] = convolved(u, cosine, k, 1) / static_cast<double>(k);
        cosine[k] = convolved(u, sine, k, 1) / -static_cast<double>(k);
    }
    return {sine, cosine};
}

}  // namespace

bool bounds::is_finite() const noexcept { return std::isfinite(low) && std::isfinite(high); }
double bounds::middle() const noexcept { return low == high ? low : low / 2 + high / 2; }

bounds operator+(bounds a, bounds b) { return of(of(a) + of(b)); }
bounds operator-(bounds a, bounds b) { return of(of(a) - of(b)); }
bounds operator*(bounds a, bounds b) { return of(of(a) * of(b)); }

bounds dot(std::span<const double> a, std::span<const bounds> b) {
    interval sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!b[i].is_zero()) sum += a[i] * of(b[i]);
    return of(sum);
}

bounds dot(std::span<const bounds> a, std::span<const bounds> b) {
    interval sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!a[i].is_zero() && !b[i].is_zero()) sum += of(a[i]) * of(b[i]);
    return of(sum);
}

enclosed& enclosed::operator+=(const enclosed& other) {
    for (std::size_t k = 0; k < size; ++k) {
        if (!other.value_[k].is_zero()) value_[k] = value_[k] + other.value_[k];
        if (!other.slope_[k].is_zero()) slope_[k] = slope_[k] + other.slope_[k];
    }
    return *this;
}

enclosed& enclosed::operator-=(const enclosed& other) {
    for (std::size_t k = 0; k < size; ++k) {
        if (!other.value_[k].is_zero()) value_[k] = value_[k] - other.value_[k];
        if (!other.slope_[k].is_zero()) slope_[k] = slope_[k] - other.slope_[k];
    }
    return *this;
}

enclosed& enclosed::operator*=(const enclosed& other) {
    const auto a = parts(*this), b = parts(other);
    series product;
    for (std::size_t k = 0; k < size; ++k) product[k] = convolved(a, b, k);
    return *this = whole(product);
}

enclosed& enclosed::operator/=(const enclosed& other) {
    auto quotient = parts(*this);
    const auto b = parts(other);
    for (std::size_t k = 0; k < size; ++k) {
        for (std::size_t j = 0; j < k; ++j)
            if (!b[k - j].vanishes()) quotient[k] -= quotient[j] * b[k - j];
        quotient[k] = quotient[k] / b[0];
    }
    return *this = whole(quotient);
}

enclosed exp(const enclosed& u) { return whole(exponential(parts(u))); }

/// y' u = u': k y_k u_0 = k u_k - sum over 0 < j < k of j y_j u_(k - j).
enclosed log(const enclosed& u) {
    const auto c = parts(u);
    series y{dual(log(c[0].v), c[0].d / c[0].v)};
    for (std::size_t k = 1; k < size; ++k) {
        const auto order = static_cast<double>(k);
        y[k] = c[k];
        for (std::size_t j = 1; j < k; ++j)
            y[k] -= dual(static_cast<double>(j)) * y[j] * c[k - j] / order;
        y[k] = y[k] / c[0];
    }
    return whole(y);
}

/// y y = u
enclosed sqrt(const enclosed& u) {
    auto y = parts(u);
    const interval root = sqrt(y[0].v);
    const dual twice(2.0 * root, y[0].d / root);
    y[0] = {root, y[0].d / (2.0 * root)};
    for (std::size_t k = 1; k < size; ++k) {
        for (std::size_t j = 1; j < k; ++j) y[k] -= y[j] * y[k - j];
        y[k] = y[k] / twice;
    }
    return whole(y);
}

/// y' = u' (1 - y^2)
enclosed tanh(const enclosed& u) {
    const auto c = parts(u);
    const interval y = tanh(c[0].v);
    const auto slope = [](const series& of_y, std::size_t known) {
        series w;
        for (std::size_t k = 0; k < known; ++k) w[k] -= convolved(of_y, of_y, k);
        w[0] += 1.0;
        return w;
    };
    return whole(integrated({y, (1.0 - y * y) * c[0].d}, c, slope));
}

enclosed sin(const enclosed& u) { return whole(sine_and_cosine(parts(u)).first); }
enclosed cos(const enclosed& u) { return whole(sine_and_cosine(parts(u)).second); }

/// y' = u' 2 exp(-u^2)/sqrt(pi)
enclosed erf(const enclosed& u) {
    const auto c = parts(u);
    const interval norm = 2.0 / sqrt(lib::pi<interval>());
    auto bell = exponential(parts(-(u * u)));
    for (auto& each : bell) each = each * dual(norm, 0.0);
    return whole(integrated({erf(c[0].v), bell[0].v * c[0].d}, c,
                            [&bell](const series&, std::size_t) { return bell; }));
}

enclosed pow(const enclosed& u, int exponent) {
    enclosed power = 1, square = u;
    for (unsigned left = static_cast<unsigned>(std::abs(exponent)); left > 0; left /= 2) {
        if (left % 2 == 1) power *= square;
        square *= square;
    }
    return exponent < 0 ? 1.0 / power : power;
}

enclosed logistic_of(const enclosed& u) {
    if (u.value().middle() > 0) return 1.0 / (1.0 + exp(-u));
    const enclosed e = exp(u);
    return e / (1.0 + e);
}

}  // namespace moebius
