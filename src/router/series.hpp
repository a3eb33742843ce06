// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace moebius {

/// c[0] + c[1] t + ... + c[Order] t^Order: the start of the Taylor series of what depends on t.
/// Order 0 is a number, 1 carries a derivative, 3 is what normal forms need.
template <std::size_t Order>
struct series {
    static_assert(Order <= 3, "compose knows three derivatives");
    std::array<double, Order + 1> c{};

    series& operator+=(const series& other) {
        for (std::size_t k = 0; k <= Order; ++k) c[k] += other.c[k];
        return *this;
    }
    series& operator-=(const series& other) {
        for (std::size_t k = 0; k <= Order; ++k) c[k] -= other.c[k];
        return *this;
    }
};

inline std::vector<series<0>> as_series(std::span<const double> values) {
    std::vector<series<0>> out(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) out[i].c[0] = values[i];
    return out;
}

template <std::size_t Order>
series<Order> operator*(const series<Order>& a, const series<Order>& b) {
    series<Order> product;
    for (std::size_t k = 0; k <= Order; ++k)
        for (std::size_t j = 0; j <= k; ++j) product.c[k] += a.c[j] * b.c[k - j];
    return product;
}

template <std::size_t Order>
series<Order> operator*(double a, series<Order> b) {
    for (double& c : b.c) c *= a;
    return b;
}

template <std::size_t Order>
series<Order> operator/(const series<Order>& a, const series<Order>& b) {
    series<Order> quotient;
    for (std::size_t k = 0; k <= Order; ++k) {
        quotient.c[k] = a.c[k];
        for (std::size_t j = 0; j < k; ++j) quotient.c[k] -= quotient.c[j] * b.c[k - j];
        quotient.c[k] /= b.c[0];
    }
    return quotient;
}

/// f(u(t)) from f and its first derivatives at u(0).
/// @source  Faa di Bruno's formula
template <std::size_t Order>
series<Order> compose(const std::array<double, 4>& f, const series<Order>& u) {
    series<Order> out;
    out.c[0] = f[0];
    if constexpr (Order >= 1) out.c[1] = f[1] * u.c[1];
    if constexpr (Order >= 2) out.c[2] = f[1] * u.c[2] + f[2] * u.c[1] * u.c[1] / 2;
    if constexpr (Order >= 3)
        out.c[3] = f[1] * u.c[3] + f[2] * u.c[1] * u.c[2] + f[3] * u.c[1] * u.c[1] * u.c[1] / 6;
    return out;
}

/// e exp(u1 t + u2 t^2): a weight along a line of scores and beta.
inline series<3> exponential(double e, double u1, double u2) {
    return {{e, e * u1, e * (u2 + u1 * u1 / 2), e * u1 * (u2 + u1 * u1 / 6)}};
}

/// 1/(1 + exp(-u)) and its complement 1/(1 + exp(u)), each to its own relative precision; u(0) may
/// be infinite.
template <std::size_t Order>
std::pair<series<Order>, series<Order>> odds(const series<Order>& u) {
    const double e = std::exp(-std::abs(u.c[0]));
    const double near = 1 / (1 + e), far = e / (1 + e);
    const double yes = u.c[0] > 0 ? near : far, no = u.c[0] > 0 ? far : near;
    const double d1 = yes * no, d2 = d1 * (no - yes), d3 = d1 * (1 - 6 * d1);
    return {compose<Order>({yes, d1, d2, d3}, u), compose<Order>({no, -d1, -d2, -d3}, u)};
}

}  // namespace moebius
